/** What the nodes of a segment work with. Made anew for each segment; nothing of it is kept in the checkpoint. */
import type { PlanItem } from '../../../contracts/runs.ts'
import type { ClaimedRun, NewStep, OfferedTool, ToolResult } from '../../platform/types.ts'
import type { AnsweredCall, CallModel } from '../model/model-client.ts'

/** What has come since the run stopped. */
export interface News {
  results: ToolResult[]
  /** One more message of the person. */
  addedInput: string | null
}

export interface SegmentContext {
  run: ClaimedRun
  news: News
  callModel: CallModel
  searchTools(query: string): Promise<{ name: string; description: string }[]>
  describeTools(names: string[]): Promise<OfferedTool[]>
  /** What the segment did, for `commit_segment`; filled by the nodes. */
  record: SegmentRecord
}

export interface SegmentRecord {
  steps: NewStep[]
  plan?: PlanItem[]
  answer?: AnsweredCall
  /** The calls of the answer, with the ids that they are known by from here on. */
  toolCalls: { call_id: string; tool: string }[]
}
