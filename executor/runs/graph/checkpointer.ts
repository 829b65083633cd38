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

/** The position of one run's graph, while one worker holds the run. */
export class CheckpointThread {
  kept: Kept | undefined
  /** The checkpoint that the segment began with. */
  #parentId: string | null

  /** Starts from the text of an earlier `take`, or from the beginning. */
  constructor(data?: string) {
    this.kept = data === undefined ? undefined : (JSON.parse(data) as Kept)
    this.#parentId = this.kept?.checkpoint.id ?? null
  }

  /** The values of the graph's channels at the last stop. Undefined before the first segment. */
  get state(): RunState | undefined {
    return this.kept?.checkpoint.channel_values as RunState | undefined
  }

  /** Returns the checkpoint of the segment that has just ended. The thread can go on from it. */
  take(): SegmentCheckpoint {
    if (!this.kept) throw new Error('The segment left no checkpoint.')
    const { id } = this.kept.checkpoint
    const parentId = this.#parentId
    this.#parentId = id
    return { checkpointId: id, parentId, data: JSON.stringify(this.kept) }
  }
}

/** All threads share this checkpointer; each call of the graph names its thread (`threadConfig`). */
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

  /** Does nothing, because a segment that fails midway is repeated from its checkpoint. */
  async putWrites(): Promise<void> {}

  async *list(config: RunnableConfig): AsyncGenerator<CheckpointTuple> {
    const tuple = await this.getTuple(config)
    if (tuple) yield tuple
  }

  /** Does nothing, because a thread is freed when nobody refers to it. */
  async deleteThread(): Promise<void> {}
}

const THREAD = 'persona_thread'

export const threadConfig = (thread: CheckpointThread) => ({ configurable: { [THREAD]: thread } })

const threadOf = (config: RunnableConfig) => config.configurable?.[THREAD] as CheckpointThread

const checkpointConfig = (thread: CheckpointThread, { checkpoint }: Kept): RunnableConfig => ({
  configurable: { [THREAD]: thread, checkpoint_ns: '', checkpoint_id: checkpoint.id },
})
