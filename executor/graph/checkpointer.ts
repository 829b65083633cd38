/**
 * LangGraph's checkpointer without a database: it holds the one checkpoint of each segment that runs just now. The
 * claim brings it as text, the graph goes on from it, and the new one leaves as text with `commit_segment`. So state,
 * outbox and checkpoint are one transaction and one round trip (docs/architecture.md).
 */
import type { RunnableConfig } from '@langchain/core/runnables'
import {
  BaseCheckpointSaver,
  type Checkpoint,
  type CheckpointMetadata,
  type CheckpointTuple,
} from '@langchain/langgraph-checkpoint'
import type { SegmentCheckpoint } from '../queries/types.ts'

interface Kept {
  checkpoint: Checkpoint
  metadata: CheckpointMetadata
}

interface Thread {
  kept?: Kept
  /** The checkpoint that the segment began with. */
  parentId: string | null
}

export class SegmentCheckpointer extends BaseCheckpointSaver {
  readonly #threads = new Map<string, Thread>()

  /** Begins a thread, from the text that `take` gave, or from nothing. */
  load(threadId: string, data: string | undefined): void {
    const kept = data === undefined ? undefined : (JSON.parse(data) as Kept)
    this.#threads.set(threadId, { kept, parentId: kept?.checkpoint.id ?? null })
  }

  /** What the graph's channels held at the thread's last stop; undefined when nothing is done yet. */
  state(threadId: string): Record<string, unknown> | undefined {
    return this.#thread(threadId).kept?.checkpoint.channel_values
  }

  /** The checkpoint of the segment that has just ended. The thread can go on from it without `load`. */
  take(threadId: string): SegmentCheckpoint {
    const thread = this.#thread(threadId)
    if (!thread.kept) throw new Error(`The segment of ${threadId} left no checkpoint.`)
    const { id } = thread.kept.checkpoint
    const { parentId } = thread
    thread.parentId = id
    return { checkpointId: id, parentId, data: JSON.stringify(thread.kept) }
  }

  drop(threadId: string): void {
    this.#threads.delete(threadId)
  }

  async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    const threadId = threadOf(config)
    const kept = this.#thread(threadId).kept
    if (!kept) return undefined
    return {
      config: configOf(threadId, kept.checkpoint.id),
      checkpoint: kept.checkpoint,
      metadata: kept.metadata,
      pendingWrites: [],
    }
  }

  async put(config: RunnableConfig, checkpoint: Checkpoint, metadata: CheckpointMetadata): Promise<RunnableConfig> {
    const threadId = threadOf(config)
    this.#thread(threadId).kept = { checkpoint, metadata }
    return configOf(threadId, checkpoint.id)
  }

  /** Nothing: a segment that fails midway is begun again from its checkpoint. */
  async putWrites(): Promise<void> {}

  async *list(config: RunnableConfig): AsyncGenerator<CheckpointTuple> {
    const tuple = await this.getTuple(config)
    if (tuple) yield tuple
  }

  async deleteThread(threadId: string): Promise<void> {
    this.drop(threadId)
  }

  #thread(threadId: string): Thread {
    const thread = this.#threads.get(threadId)
    if (!thread) throw new Error(`The thread ${threadId} was not loaded.`)
    return thread
  }
}

const threadOf = (config: RunnableConfig) => String(config.configurable?.thread_id)

const configOf = (threadId: string, checkpointId: string): RunnableConfig => ({
  configurable: { thread_id: threadId, checkpoint_ns: '', checkpoint_id: checkpointId },
})
