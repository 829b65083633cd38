/** What the nodes of a segment work with. Each segment gets a new one, and the checkpoint contains nothing of it. */
import type { PlanItem } from '../../../contracts/runs.ts'
import type { EarlierEntries, EarlierQuery } from '../../platform/read-earlier.ts'
import type { ClaimedRun, NewStep, OfferedTool, ToolResult, UserMessage } from '../../platform/types.ts'
import type { AnsweredCall, CallModel } from '../model/model-client.ts'

/** What arrived since the run stopped. */
export interface News {
  results: ToolResult[]
  /** What people said. */
  messages: UserMessage[]
}

export interface SegmentContext {
  run: ClaimedRun
  news: News
  callModel: CallModel
  searchTools(query: string): Promise<{ name: string; description: string }[]>
  readEarlier(what: EarlierQuery): Promise<EarlierEntries>
  describeTools(names: string[]): Promise<OfferedTool[]>
  /** What the segment did, for `commit_segment`. The nodes fill it. */
  record: SegmentRecord
}

export interface SegmentRecord {
  steps: NewStep[]
  plan?: PlanItem[]
  answer?: AnsweredCall
  /** The calls of the answer, with their final ids. */
  toolCalls: { call_id: string; tool: string }[]
}
