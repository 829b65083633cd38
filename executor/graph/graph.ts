/** The graph, compiled once for all runs, and how one segment of it is run. */
import { Command, END, START, StateGraph } from '@langchain/langgraph'
import type { SegmentCheckpoint } from '../queries/types.ts'
import { SegmentCheckpointer } from './checkpointer.ts'
import {
  act,
  addedMessages,
  afterThink,
  finish,
  lookup,
  type Node,
  type Resume,
  recall,
  type Stop,
  think,
} from './nodes.ts'
import type { SegmentContext } from './segment-context.ts'
import { type ModelCall, RunState, type RunUpdate } from './state.ts'

/** A segment is at most act, think, lookup, act. */
const MAX_GRAPH_STEPS = 10

export interface SegmentEnd {
  /** Calls that workers and people must answer; none: the next segment may begin at once. Undefined: the run is done. */
  calls: ModelCall[] | undefined
  checkpoint: SegmentCheckpoint
}

const checkpointer = new SegmentCheckpointer()

const inContext = (node: Node) => (state: RunState, config: { context?: { segment?: SegmentContext } }) =>
  node(state, config.context?.segment as SegmentContext)

const graph = new StateGraph(RunState)
  .addNode('recall', inContext(recall))
  .addNode('think', inContext(think))
  .addNode('lookup', inContext(lookup))
  .addNode('act', inContext(act))
  .addNode('finish', inContext(finish))
  .addEdge(START, 'recall')
  .addEdge('recall', 'think')
  .addConditionalEdges('think', afterThink, ['lookup', 'act', 'finish'])
  .addEdge('lookup', 'act')
  .addEdge('act', 'think')
  .addEdge('finish', END)
  .compile({ checkpointer })

/** One run in the hands of one worker, from segment to segment. */
export class RunThread {
  readonly #id: string

  /** `id` is this claim's own, so that two claims of one run never meet. `checkpoint` is the one that the claim brought. */
  constructor(id: string, checkpoint: string | undefined) {
    this.#id = id
    checkpointer.load(id, checkpoint)
  }

  /** Goes on to the next stop with what has come since the last one. */
  async runSegment(context: SegmentContext, news: Resume): Promise<SegmentEnd> {
    const state = await graph.invoke(this.#input(news), {
      configurable: { thread_id: this.#id },
      context: { segment: context },
      durability: 'exit',
      recursionLimit: MAX_GRAPH_STEPS,
    })
    const stop = (state as { __interrupt__?: { value: Stop }[] }).__interrupt__?.[0]?.value
    return { calls: stop?.calls, checkpoint: checkpointer.take(this.#id) }
  }

  /** A fork may begin where the run before it had ended: then the conversation goes on from the start of the graph. */
  #input(news: Resume): Parameters<typeof graph.invoke>[0] {
    switch (checkpointer.position(this.#id)) {
      case 'new':
        return {}
      case 'stopped':
        return new Command<unknown, RunUpdate, typeof START>({ resume: news })
      case 'ended':
        return { messages: addedMessages(news) }
    }
  }

  close(): void {
    checkpointer.drop(this.#id)
  }
}
