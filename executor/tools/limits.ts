/** A file that a tool makes for people may be this large. */
export const MAX_FILE_BYTES = 50 * 1024 * 1024
/** Output beyond this goes to Storage, and the model gets its beginning. */
export const MAX_OUTPUT_BYTES = 32 * 1024
/** Larger output is not put into the workspace, because it would be one line of the runner's protocol. */
export const MAX_KEPT_BYTES = 5 * 1024 * 1024
