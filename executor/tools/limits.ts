/** Longer output goes to Storage, and the model gets its beginning. */
export const MAX_OUTPUT_BYTES = 32 * 1024
/** Larger output is not put into the workspace, because the model could not read all of it. */
export const MAX_KEPT_BYTES = 5 * 1024 * 1024
