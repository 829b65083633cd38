/**
 * LangGraph's checkpointer without a database. Each thread holds one checkpoint, that of its last stop. The claim brings
 * it as text, the graph goes on from it, and `commit_segment` writes the new one as text. So state, queue messages and
 * checkpoint are written in one transaction and one round trip (docs/architecture.md).
 */
import type { RunnableConfig } from '@langchain/core/runnables'
import {
  BaseCheckpointSaver,
  type Checkpoint,
  type CheckpointMetadata,
  type CheckpointTuple,
} from '@langchain/langgraph-checkpoint'
import type { SegmentCheckpoint } from '../../platform/types.ts'
import type { RunState } from './state.ts'

interface Kept {
  checkpoint: Checkpoint
  metadata: CheckpointMetadata
}

/** Where one run's graph stands, in the hands of one worker. */
export class CheckpointThread {
  kept: Kept | undefined
  /** The checkpoint that the segment began with. */
  #parentId: string | null

  /** From the text of an earlier `take`, or from the beginning. */
  constructor(data?: string) {
    this.kept = data === undefined ? undefined : (JSON.parse(data) as Kept)
    this.#parentId = this.kept?.checkpoint.id ?? null
  }

  /** What the graph's channels held at the last stop; undefined when nothing is done yet. */
  get state(): RunState | undefined {
    return this.kept?.checkpoint.channel_values as RunState | undefined
  }

  /** The checkpoint of the segment that has just ended. The thread can go on from it. */
  take(): SegmentCheckpoint {
    if (!this.kept) throw new Error('The segment left no checkpoint.')
    const { id } = this.kept.checkpoint
    const parentId = this.#parentId
    this.#parentId = id
    return { checkpointId: id, parentId, data: JSON.stringify(this.kept) }
  }
}

/** One for all threads: each call of the graph names its own (`threadConfig`). */
export class SegmentCheckpointer extends BaseCheckpointSaver {
  async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    const thread = threadOf(config)
    if (!thread.kept) return undefined
    return { config: checkpointConfig(thread, thread.kept), ...thread.kept, pendingWrites: [] }
  }

  async put(config: RunnableConfig, checkpoint: Checkpoint, metadata: CheckpointMetadata): Promise<RunnableConfig> {
    const thread = threadOf(config)
    thread.kept = { checkpoint, metadata }
    return checkpointConfig(thread, thread.kept)
  }

  /** Does nothing: a segment that fails midway begins again from its checkpoint. */
  async putWrites(): Promise<void> {}

  async *list(config: RunnableConfig): AsyncGenerator<CheckpointTuple> {
    const tuple = await this.getTuple(config)
    if (tuple) yield tuple
  }

  /** Does nothing: a thread is freed when nobody holds it. */
  async deleteThread(): Promise<void> {}
}

const THREAD = 'persona_thread'

export const threadConfig = (thread: CheckpointThread) => ({ configurable: { [THREAD]: thread } })

const threadOf = (config: RunnableConfig) => config.configurable?.[THREAD] as CheckpointThread

const checkpointConfig = (thread: CheckpointThread, { checkpoint }: Kept): RunnableConfig => ({
  configurable: { [THREAD]: thread, checkpoint_ns: '', checkpoint_id: checkpoint.id },
})
