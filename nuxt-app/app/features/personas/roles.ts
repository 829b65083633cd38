/** Roles on a persona, strongest first, with what they may do. */
export const personaRoles = [
  { label: 'Owner', value: 'owner', description: 'Shares and deletes it' },
  { label: 'Editor', value: 'editor', description: 'Changes how it works' },
  { label: 'User', value: 'user', description: 'Gives it work' },
  { label: 'Viewer', value: 'viewer', description: 'Looks at its work' },
]
