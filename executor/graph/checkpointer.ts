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
  type PendingWrite,
} from '@langchain/langgraph-checkpoint'
import type { SegmentCheckpoint } from '../queries/types.ts'

interface Kept {
  checkpoint: Checkpoint
  metadata: CheckpointMetadata
  /** Writes of tasks that have not ended, the interrupt among them. */
  writes: { checkpointId: string; taskId: string; channel: string; value: unknown }[]
}

interface Thread {
  kept?: Kept
  /** Come before the checkpoint that they belong to. */
  writes: Kept['writes']
  /** The checkpoint that the segment began with. */
  parentId: string | null
}

export class SegmentCheckpointer extends BaseCheckpointSaver {
  readonly #threads = new Map<string, Thread>()

  /** Begins a thread, from the text that `take` gave, or from nothing. */
  load(threadId: string, data: string | undefined): void {
    const kept = data === undefined ? undefined : (JSON.parse(data) as Kept)
    this.#threads.set(threadId, { kept, writes: [], parentId: kept?.checkpoint.id ?? null })
  }

  /** Where the thread stands: nothing done yet, stopped for answers, or at the end of the graph. */
  position(threadId: string): 'new' | 'stopped' | 'ended' {
    if (!this.#thread(threadId).kept) return 'new'
    return this.stop(threadId) === undefined ? 'ended' : 'stopped'
  }

  /** What the thread's `interrupt()` was given, where it stands at one. */
  stop(threadId: string): unknown {
    const write = this.#thread(threadId).kept?.writes.find(({ channel }) => channel === '__interrupt__')
    return (write?.value as { value: unknown }[] | undefined)?.[0]?.value
  }

  /** The checkpoint of the segment that has just ended. The thread can go on from it without `load`. */
  take(threadId: string): SegmentCheckpoint {
    const thread = this.#thread(threadId)
    if (!thread.kept) throw new Error(`The segment of ${threadId} left no checkpoint.`)
    const { checkpoint, metadata } = thread.kept
    const writes = thread.writes.filter((write) => write.checkpointId === checkpoint.id)
    const { parentId } = thread
    thread.kept = { checkpoint, metadata, writes }
    thread.writes = []
    thread.parentId = checkpoint.id
    return { checkpointId: checkpoint.id, parentId, data: JSON.stringify(thread.kept) }
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
      pendingWrites: kept.writes.map(({ taskId, channel, value }) => [taskId, channel, value]),
    }
  }

  async put(config: RunnableConfig, checkpoint: Checkpoint, metadata: CheckpointMetadata): Promise<RunnableConfig> {
    const threadId = threadOf(config)
    this.#thread(threadId).kept = { checkpoint, metadata, writes: [] }
    return configOf(threadId, checkpoint.id)
  }

  async putWrites(config: RunnableConfig, writes: PendingWrite[], taskId: string): Promise<void> {
    const thread = this.#thread(threadOf(config))
    const checkpointId = String(config.configurable?.checkpoint_id)
    for (const [channel, value] of writes) thread.writes.push({ checkpointId, taskId, channel, value })
  }

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
