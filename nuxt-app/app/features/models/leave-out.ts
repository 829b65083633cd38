import { LeaveOut } from '#contracts/api'

const labels: Partial<Record<LeaveOut, string>> = {
  max_tokens: 'max_tokens: the limit of an answer',
  max_completion_tokens: 'max_completion_tokens: the limit of an answer, by its newer name',
  temperature: 'temperature',
  stream_options: 'stream_options: the request for token counts',
  null_content: 'Messages without text: send an empty text',
  own_fields: 'Reasoning of earlier answers',
}

/** The choices, for a menu. */
export const leaveOutItems = LeaveOut.options.map((value) => ({
  value,
  label: labels[value] ?? `${value.replace('schema.', '')}: in the schemas of tools`,
}))
