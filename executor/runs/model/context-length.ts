/** Recognises a server's error that a request does not fit the model's window, and how long an answer may be. */

/** OpenAI and vLLM, llama.cpp, LM Studio, Ollama, Anthropic, Gemini, Mistral, Groq, text-generation-inference, Cohere. */
const TOO_LONG = [
  /maximum context length/i,
  /exceeds? (the )?(available |model'?s? )?context (size|length|window)/i,
  /exceed_context_size/i,
  /context (size|length|window)[^.]{0,60}exceed/i,
  /context (length|window) of only/i,
  /greater than the context length/i,
  /input length[^.]{0,60}exceed/i,
  /prompt (is )?too long/i,
  /input token count[^.]{0,60}exceeds/i,
  /exceeds the maximum number of (input )?tokens/i,
  /too (large|long) for model[^.]{0,60}context/i,
  /reduce the length of (the|your) (messages|prompt|input)/i,
  /`?inputs`? (tokens|must have)[^.]{0,80}(max_new_tokens|less than)/i,
  /too many tokens/i,
  /context_length_exceeded|string_above_max_length/i,
]

export const isContextLength = (words: string) => TOO_LONG.some((pattern) => pattern.test(words))

const WINDOW = [
  /maximum context length (?:is|of)\D{0,10}(\d+)/i,
  /context (?:size|length|window)(?: of only| of| is|:)?\D{0,5}(\d+)/i,
  /n_ctx\D{0,5}(\d+)/i,
  /<= (\d+)/,
]
const PROMPT = [
  /\(?(\d+) (?:tokens )?in (?:the |your )?(?:messages|input|prompt)/i,
  /request \(?(\d+) tokens/i,
  /(?:prompt|input|messages) (?:contains|has|resulted in|length of)\D{0,30}(\d+)/i,
  /n_prompt_tokens\D{0,5}(\d+)/i,
]
/** Reserve for tokens that servers count besides the messages. */
const MARGIN = 64
/** The shortest answer that is worth asking for. */
const LEAST_ANSWER = 256

/** Tokens that are left for an answer next to the prompt. Undefined if that is unknown or too few. */
export function fittingAnswer(words: string): number | undefined {
  const window = firstNumber(WINDOW, words)
  const prompt = firstNumber(PROMPT, words)
  if (window === undefined || prompt === undefined) return undefined
  const room = window - prompt - MARGIN
  return room >= LEAST_ANSWER ? room : undefined
}

/** The fraction of the prompt that fits if a quarter of the window is left for the answer. One half if the sizes are unknown. */
export function fittingFraction(words: string): number {
  const window = firstNumber(WINDOW, words)
  const prompt = firstNumber(PROMPT, words)
  return window && prompt && prompt > 0 ? Math.min(0.9, (window * 0.75) / prompt) : 0.5
}

function firstNumber(patterns: RegExp[], words: string): number | undefined {
  for (const pattern of patterns) {
    const found = pattern.exec(words)?.[1]
    if (found) return Number(found)
  }
  return undefined
}
