/** What the demo model decides to do after reading the words: say something, ask, use tools step by step, or say that it cannot. */

/** One piece of work for one tool. */
export interface Step {
  tool: string
  /** Search words that find the tool in the registry, which is in English. */
  query: string
  /** For the plan that people see. */
  title: string
  arguments: Record<string, unknown>
  /** Tried once when the tool refuses the arguments. */
  corrected?: Record<string, unknown>
}

export type Goal =
  | { kind: 'say'; text: string }
  | { kind: 'ask'; question: string; options?: string[] }
  | {
      kind: 'do'
      steps: Step[]
      /** For the final answer: what people should know about the result. */
      remark: string
      /** What it says if the tool is not there; otherwise it names the tool. */
      without?: string
    }
  /** It cannot do this, and says so in one sentence. */
  | { kind: 'limit'; message: string }
