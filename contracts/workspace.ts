/** Paths in a persona's workspace: the prompt names them, and the executor writes the files there. */

/** The path of an attachment of that name, relative to the workspace. */
export function attachmentPath(name: string): string {
  const plain = name.replace(/[/\\\0]/g, '_').replace(/^\.+/, '_')
  return `attachments/${plain || '_'}`
}
