/** The graph, compiled once for all runs, and how one segment of it is run. */
import { Runnable, type RunnableConfig } from '@langchain/core/runnables'
import { END, START, StateGraph } from '@langchain/langgraph'
import './untraced.ts'
import type { SegmentCheckpoint } from '../../platform/types.ts'
import { CheckpointThread, SegmentCheckpointer, threadConfig } from './checkpointer.ts'
import { act, afterThink, lookup, type Node, think } from './nodes.ts'
import type { SegmentContext } from './segment-context.ts'
import { isOver, type ModelCall, RunState, type RunUpdate } from './state.ts'

/** A segment is at most act, think, lookup, act. */
const MAX_GRAPH_STEPS = 10

export interface SegmentEnd {
  /** Calls that workers and people must answer. None: the next segment may begin at once. Undefined: the run is done. */
  calls: ModelCall[] | undefined
  checkpoint: SegmentCheckpoint
}

/** A plain function as a node, with the segment's context as its second argument. It waits for a context that is promised. */
class PlainNode<Result> extends Runnable<RunState, Result> {
  lc_namespace = ['persona', 'graph']
  readonly #work: (state: RunState, context: SegmentContext) => Result | Promise<Result>

  constructor(work: (state: RunState, context: SegmentContext) => Result | Promise<Result>) {
    super()
    this.#work = work
  }

  async invoke(
    state: RunState,
    config: RunnableConfig & { context?: { segment?: SegmentContext | Promise<SegmentContext> } },
  ): Promise<Result> {
    return this.#work(state, (await config.context?.segment) as SegmentContext)
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
  .compile({ checkpointer: new SegmentCheckpointer(), interruptBefore: ['act'] })

/** One run in the hands of one worker, from segment to segment. After a segment that failed it cannot be used again. */
export class RunThread {
  readonly #thread: CheckpointThread
  #isBusy = false

  /** From a checkpoint's text, or from the beginning. */
  constructor(checkpoint?: string) {
    this.#thread = new CheckpointThread(checkpoint)
  }

  /** A segment runs, or one failed. */
  get isBusy(): boolean {
    return this.#isBusy
  }

  /** Goes on to the next stop with what has come since the last one. The first node waits for a context that is promised. */
  async runSegment(context: SegmentContext | Promise<SegmentContext>): Promise<SegmentEnd> {
    if (this.#isBusy) throw new Error('A segment of this thread runs, or failed.')
    this.#isBusy = true
    await graph.invoke(this.#input(), {
      ...threadConfig(this.#thread),
      context: { segment: context },
      durability: 'exit',
      streamMode: 'custom', // the state is read from the checkpoint, so nothing need be streamed
      recursionLimit: MAX_GRAPH_STEPS,
    })
    this.#isBusy = false
    const checkpoint = this.#thread.take()
    const state = this.#thread.state!
    return { calls: isOver(state) ? undefined : state.calls, checkpoint }
  }

  /** Null goes on from where the graph stopped. Else the graph begins: a new run, or a fork where the run before it had ended. */
  #input(): RunUpdate | null {
    const { state } = this.#thread
    return state && !isOver(state) ? null : { messages: [] }
  }
}
