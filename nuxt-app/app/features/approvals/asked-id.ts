/** The id of the element that holds the form of an open question. */
export const askedId = (approvalId: string) => `asked-${approvalId}`
