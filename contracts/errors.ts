/** Every error code that the platform answers with. Codes are stable: they are never renamed, only added. */

export interface ErrorEntry {
  /** HTTP status. */
  status: number
  /** What happened. */
  meaning: string
  /** What the caller can do. */
  action: string
}

const retryLater = 'Wait as long as the header Retry-After says, then send the request again.'
const checkId = 'Check the id. What you may not see answers the same as what is not there.'

export const errors = {
  // the request itself
  invalid_json: { status: 400, meaning: 'The body is not JSON.', action: 'Send a JSON object in UTF-8.' },
  not_signed_in: {
    status: 401,
    meaning: 'No valid access token came with the request.',
    action: 'Sign in, or refresh the session, and send the token as `Authorization: Bearer …`.',
  },
  bad_signature: {
    status: 401,
    meaning: 'No such webhook, or its request is not signed as it should be, or too old.',
    action: 'Check the address, the secret, the signature over the exact body, and the clock.',
  },
  route_not_found: { status: 404, meaning: 'There is no such route.', action: 'See /openapi.json for all routes.' },
  method_not_allowed: {
    status: 405,
    meaning: 'The route exists, but not for this method.',
    action: 'Use a method that the header Allow names.',
  },
  body_too_large: {
    status: 413,
    meaning: 'The body is over 1 MB.',
    action: 'Upload files to Storage; send less text.',
  },
  unsupported_media_type: {
    status: 415,
    meaning: 'The body is not declared as JSON.',
    action: 'Set the header `Content-Type: application/json`.',
  },
  invalid_request: {
    status: 422,
    meaning: 'The request does not fit its schema.',
    action: 'Correct the fields that `details` names.',
  },
  address_not_allowed: {
    status: 422,
    meaning: 'The address is not on the public internet.',
    action: 'Enter a public address, or ask the operator to name this host in INTERNAL_HOSTS.',
  },
  too_many_requests: { status: 429, meaning: 'You sent too many requests.', action: retryLater },
  internal: {
    status: 500,
    meaning: 'Something went wrong that is not your fault.',
    action: 'Try again; if it stays, tell the operator the trace id of the header X-Trace-ID.',
  },
  unavailable: { status: 503, meaning: 'The database or Storage does not answer.', action: 'Try again in a moment.' },

  // access
  not_allowed: {
    status: 403,
    meaning: 'Your role does not allow this.',
    action: 'Ask an owner or admin for the role.',
  },
  profile_not_found: { status: 404, meaning: 'Your account has no profile.', action: 'Sign in again.' },
  workspace_not_found: { status: 404, meaning: 'There is no such workspace for you.', action: checkId },
  member_not_found: { status: 404, meaning: 'That person is not in it.', action: checkId },
  invitation_not_found: { status: 404, meaning: 'There is no such open invitation.', action: checkId },
  persona_not_found: { status: 404, meaning: 'There is no such persona for you.', action: checkId },
  version_not_found: { status: 404, meaning: 'The persona has no such version.', action: 'List its versions.' },
  tool_not_found: { status: 404, meaning: 'There is no such tool for you.', action: 'List the tools.' },
  run_not_found: { status: 404, meaning: 'There is no such run for you.', action: checkId },
  artifact_not_found: { status: 404, meaning: 'There is no such file for you.', action: checkId },
  approval_not_found: { status: 404, meaning: 'There is no such question for you.', action: checkId },
  secret_not_found: { status: 404, meaning: 'There is no such secret for you.', action: checkId },
  provider_not_found: { status: 404, meaning: 'There is no such model provider for you.', action: checkId },
  alert_not_found: { status: 404, meaning: 'There is no such alert for you.', action: checkId },
  schedule_not_found: { status: 404, meaning: 'There is no such schedule for you.', action: checkId },
  webhook_not_found: { status: 404, meaning: 'There is no such webhook for you.', action: checkId },
  delivery_not_found: { status: 404, meaning: 'There is no such delivery for you.', action: checkId },
  checkpoint_not_found: {
    status: 404,
    meaning: 'The run has no such step to go on from.',
    action: 'Look at its steps.',
  },
  dead_letter_not_found: { status: 404, meaning: 'There is no such dead letter.', action: checkId },

  // state
  not_confirmed: { status: 422, meaning: 'The name does not confirm the deletion.', action: 'Send the exact name.' },
  last_owner: {
    status: 409,
    meaning: 'The workspace would be left without an owner.',
    action: 'Make somebody else owner first.',
  },
  already_member: { status: 409, meaning: 'That person is in the workspace already.', action: 'Change their role.' },
  persona_busy: { status: 409, meaning: 'The persona has live runs.', action: 'Cancel them or wait, then delete it.' },
  invalid_attachment: {
    status: 422,
    meaning: 'An attachment is not a file of this persona.',
    action: 'Upload it to the bucket `attachments` at `<workspace>/<persona>/…` first.',
  },
  attachment_too_large: {
    status: 413,
    meaning: 'An attachment is larger than 50 MB.',
    action: 'Attach a smaller file, or several.',
  },
  invalid_input: { status: 422, meaning: 'A value is not one that can be stored.', action: 'See the message.' },
  persona_not_active: { status: 409, meaning: 'The persona is paused or archived.', action: 'Activate it first.' },
  idempotency_key_reused: {
    status: 409,
    meaning: 'The Idempotency-Key was used for another request.',
    action: 'Use a new key for each new request.',
  },
  run_finished: { status: 409, meaning: 'The run has ended already.', action: 'Nothing is left to do.' },
  already_decided: { status: 409, meaning: 'Somebody has decided this already.', action: 'Look at the decision.' },
  approval_expired: { status: 410, meaning: 'The time to decide is over.', action: 'Run it again.' },
  arguments_changed: {
    status: 409,
    meaning: 'The arguments are not those that you saw.',
    action: 'Read the approval again, then decide.',
  },
  webhook_disabled: { status: 409, meaning: 'The webhook is switched off.', action: 'Switch it on first.' },
  already_requeued: { status: 409, meaning: 'It is back in the queue already.', action: 'Nothing is left to do.' },
  run_went_on: {
    status: 409,
    meaning: 'The run of this dead letter went on without it, or ended later for another reason.',
    action: 'Start or fork the run instead.',
  },
  invalid_decision: {
    status: 422,
    meaning: 'This kind of question does not take that decision.',
    action: 'See `kind`: approve or deny; answer; done, do_again or give_up.',
  },

  // limits
  budget_exhausted: {
    status: 402,
    meaning: 'A cap on cost or calls is used up.',
    action: 'Raise the cap, or wait for the next day or month.',
  },
  rate_limited: { status: 429, meaning: 'You started too many runs in a minute.', action: retryLater },
  too_many_runs: {
    status: 429,
    meaning: 'The persona or workspace works on as many runs as it may.',
    action: 'Wait until one has ended, or cancel one.',
  },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof errors
