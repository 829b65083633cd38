/** A file that a tool makes for people may be this large. */
export const MAX_FILE_BYTES = 50 * 1024 * 1024
/** Output beyond this goes to Storage, and the model gets its beginning. */
export const MAX_OUTPUT_BYTES = 32 * 1024
/** What is put into the workspace travels in one line of the runner's protocol, as base64. */
export const MAX_KEPT_BYTES = 5 * 1024 * 1024
