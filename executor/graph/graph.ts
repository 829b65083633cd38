/** The graph, compiled once for all runs, and how one segment of it is run. */
import { Runnable, type RunnableConfig } from '@langchain/core/runnables'
import { END, START, StateGraph } from '@langchain/langgraph'
import './untraced.ts'
import type { SegmentCheckpoint } from '../queries/types.ts'
import { SegmentCheckpointer } from './checkpointer.ts'
import { act, addedMessages, afterThink, lookup, type Node, recall, think } from './nodes.ts'
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

/** A plain function as a node, with the segment's context as its second argument. */
class PlainNode<Result> extends Runnable<RunState, Result> {
  lc_namespace = ['persona', 'graph']
  readonly #work: (state: RunState, context: SegmentContext) => Result | Promise<Result>

  constructor(work: (state: RunState, context: SegmentContext) => Result | Promise<Result>) {
    super()
    this.#work = work
  }

  async invoke(state: RunState, config: RunnableConfig & { context?: { segment?: SegmentContext } }): Promise<Result> {
    return this.#work(state, config.context?.segment as SegmentContext)
  }
}

const plain = (node: Node) => new PlainNode<RunUpdate>(node)

const graph = new StateGraph(RunState)
  .addNode('think', plain(think))
  .addNode('lookup', plain(lookup))
  .addNode('act', plain(act))
  .addEdge(START, 'think')
  .addConditionalEdges('think', new PlainNode(afterThink), { lookup: 'lookup', act: 'act', finish: END })
  .addEdge('lookup', 'act')
  .addEdge('act', 'think')
  .compile({ checkpointer, interruptBefore: ['act'] })

/** One run in the hands of one worker, from segment to segment. */
export class RunThread {
  readonly #id: string

  /** `id` is this claim's own, so that two claims of one run never meet. `checkpoint` is the one that the claim brought. */
  constructor(id: string, checkpoint: string | undefined) {
    this.#id = id
    checkpointer.load(id, checkpoint)
  }

  /** Goes on to the next stop with what has come since the last one. */
  async runSegment(context: SegmentContext): Promise<SegmentEnd> {
    await graph.invoke(this.#input(context), {
      configurable: { thread_id: this.#id },
      context: { segment: context },
      durability: 'exit',
      streamMode: 'custom', // the state is read from the checkpoint, so nothing need be streamed
      recursionLimit: MAX_GRAPH_STEPS,
    })
    const checkpoint = checkpointer.take(this.#id)
    const state = checkpointer.state(this.#id) as RunState
    return { calls: isOver(state) ? undefined : state.calls, checkpoint }
  }

  /** Null goes on from where the graph stopped. A fork may begin where the run before it had ended: then the graph begins anew. */
  #input({ run, news }: SegmentContext): RunUpdate | null {
    const state = checkpointer.state(this.#id) as RunState | undefined
    if (!state) return recall(run)
    return isOver(state) ? { messages: addedMessages(news) } : null
  }

  close(): void {
    checkpointer.drop(this.#id)
  }
}

/** The last word is the model's, and it asked for nothing. */
function isOver({ messages, calls }: RunState): boolean {
  return calls.length === 0 && messages.at(-1)?.role === 'assistant'
}
