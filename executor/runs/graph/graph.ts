/** The graph, compiled once for all runs, and how to run one segment of it. */
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
  /** Calls that workers and people must answer. If there are none, the next segment can begin at once. Undefined when the run is done. */
  calls: ModelCall[] | undefined
  checkpoint: SegmentCheckpoint
}

/** Makes a node of a function that takes the state and the segment's context. The node waits for a context that is a promise. */
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

/** One run, held by one worker from segment to segment. It cannot be used after a segment has failed. */
export class RunThread {
  readonly #thread: CheckpointThread
  #isBusy = false

  /** Starts from a checkpoint's text, or from the beginning. */
  constructor(checkpoint?: string) {
    this.#thread = new CheckpointThread(checkpoint)
  }

  /** True while a segment runs and after one has failed. */
  get isBusy(): boolean {
    return this.#isBusy
  }

  /** Runs to the next stop with the input since the last one. The first node waits if the context is a promise. */
  async runSegment(context: SegmentContext | Promise<SegmentContext>): Promise<SegmentEnd> {
    if (this.#isBusy) throw new Error('A segment of this thread runs, or failed.')
    this.#isBusy = true
    await graph.invoke(this.#input(), {
      ...threadConfig(this.#thread),
      context: { segment: context },
      durability: 'exit',
      streamMode: 'custom', // the state is read from the checkpoint, so nothing needs to be streamed
      recursionLimit: MAX_GRAPH_STEPS,
    })
    this.#isBusy = false
    const checkpoint = this.#thread.take()
    const state = this.#thread.state!
    return { calls: isOver(state) ? undefined : state.calls, checkpoint }
  }

  /** Null continues where the graph stopped. Otherwise the graph begins: for a new run, or for a fork of a run that had ended. */
  #input(): RunUpdate | null {
    const { state } = this.#thread
    return state && !isOver(state) ? null : { messages: [] }
  }
}
