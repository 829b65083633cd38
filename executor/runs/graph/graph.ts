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
  /** Calls that workers and people must answer; none: the next segment may begin at once. Undefined: the run is done. */
  calls: ModelCall[] | undefined
  checkpoint: SegmentCheckpoint
}

/** A plain function as a node, with the segment's context as its second argument: the first one waits for that. */
class PlainNode<Result> extends Runnable<RunState, Result> {
  lc_namespace = ['persona', 'graph']
  readonly #work: (state: RunState, context: SegmentContext) => Result | Promise<Result>

  constructor(work: (state: RunState, context: SegmentContext) => Result | Promise<Result>) {
    super()
    this.#work = work
  }

  async invoke(
    state: RunState,
    config: RunnableConfig & { context?: { segment?: Promise<SegmentContext> } },
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

/** One run in the hands of one worker, from segment to segment. After one that failed it cannot be used again. */
export class RunThread {
  readonly #thread: CheckpointThread
  #checkpointBytes = 0
  #begun: { goOn(context: SegmentContext): void; end: Promise<unknown> } | undefined
  #isRunning = false

  /** From a checkpoint's text, or from the beginning. */
  constructor(checkpoint?: string) {
    this.#thread = new CheckpointThread(checkpoint)
  }

  /** Of the last stop, which all messages are in. */
  get checkpointBytes(): number {
    return this.#checkpointBytes
  }

  /**
   * Begins the next segment and stops at its first node, which waits for `runSegment`. LangGraph takes half a millisecond
   * until there, which is saved when it is done while the worker waits for something else. Nothing while one runs.
   */
  begin(): void {
    if (this.#begun || this.#isRunning) return
    const { promise, resolve } = Promise.withResolvers<SegmentContext>()
    const end = graph.invoke(this.#input(), {
      ...threadConfig(this.#thread),
      context: { segment: promise },
      durability: 'exit',
      streamMode: 'custom', // the state is read from the checkpoint, so nothing need be streamed
      recursionLimit: MAX_GRAPH_STEPS,
    })
    end.catch(() => {}) // `runSegment` tells; nobody else asks
    this.#begun = { goOn: resolve, end }
  }

  /** Goes on to the next stop with what has come since the last one. */
  async runSegment(context: SegmentContext): Promise<SegmentEnd> {
    this.begin()
    if (!this.#begun) throw new Error('The thread has a segment that runs, or failed.')
    const { goOn, end } = this.#begun
    this.#begun = undefined
    this.#isRunning = true
    goOn(context)
    await end
    this.#isRunning = false
    const checkpoint = this.#thread.take()
    this.#checkpointBytes = Buffer.byteLength(checkpoint.data)
    const state = this.#thread.state!
    return { calls: isOver(state) ? undefined : state.calls, checkpoint }
  }

  /** Null goes on from where the graph stopped. Else the graph begins: a new run, or a fork where the run before it had ended. */
  #input(): RunUpdate | null {
    const { state } = this.#thread
    return state && !isOver(state) ? null : { messages: [] }
  }
}

/** A thread that is begun already, for whichever run begins next. */
export class SpareThread {
  #thread: RunThread | undefined

  take(): RunThread {
    const thread = this.#thread ?? new RunThread()
    this.#thread = undefined
    return thread
  }

  begin(): void {
    if (this.#thread) return
    this.#thread = new RunThread()
    this.#thread.begin()
  }
}
