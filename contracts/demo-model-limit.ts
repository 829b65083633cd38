/**
 * How the scripted demo model says that it cannot do what is asked: with HTTP 422 and this object as the `error` of OpenAI's
 * shape. The run then ends as failed, with the same code as its reason. Only the installation's own demo model may say this.
 */
import { z } from 'zod'

export const DEMO_MODEL_LIMIT = 'demo_model_limit'

/** Requests that the demo model can do, in the words of a person. */
export const WorkingExamples = z.array(z.string().min(1).max(300)).max(6)

export const DemoModelLimit = z.object({
  code: z.literal(DEMO_MODEL_LIMIT),
  /** What it cannot do and why, for people. */
  message: z.string().min(1).max(1000),
  examples: WorkingExamples.default([]),
})
export type DemoModelLimit = z.infer<typeof DemoModelLimit>
