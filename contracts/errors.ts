/** Every error code that the platform answers with. Codes are stable: they are never renamed, only added. */

export interface ErrorEntry {
  /** HTTP status. */
  status: number
  /** What happened. */
  meaning: string
  /** What the caller can do. */
  action: string
}

const retryLater = 'Wait as many seconds as the header Retry-After says, then send the request again.'
const checkId = 'Check the id, and that you are signed in with the right account.'

export const errors = {
  // the request itself
  invalid_json: { status: 400, meaning: 'The body is not valid JSON.', action: 'Send a JSON object in UTF-8.' },
  not_signed_in: {
    status: 401,
    meaning: 'The request has no valid access token.',
    action: 'Sign in, or refresh the session, and send the token as `Authorization: Bearer …`.',
  },
  bad_signature: {
    status: 401,
    meaning: 'The webhook does not exist, or the signature of the request is missing, wrong or too old.',
    action: 'Check the address, the secret and the clock, and that the signature covers the exact body.',
  },
  route_not_found: {
    status: 404,
    meaning: 'This address does not exist.',
    action: 'See /openapi.json for all addresses.',
  },
  method_not_allowed: {
    status: 405,
    meaning: 'This address does not support this method.',
    action: 'Use one of the methods in the header Allow.',
  },
  body_too_large: {
    status: 413,
    meaning: 'The body is larger than 1 MB.',
    action: 'Send less text, or upload files to Storage.',
  },
  unsupported_media_type: {
    status: 415,
    meaning: 'The request does not say that its body is JSON.',
    action: 'Set the header `Content-Type: application/json`.',
  },
  invalid_request: {
    status: 422,
    meaning: 'Some fields of the request are missing or wrong.',
    action: 'Correct the fields that `details` names.',
  },
  address_not_allowed: {
    status: 422,
    meaning: 'The address is not on the public internet.',
    action: 'Enter a public address, or ask the operator to name this host in INTERNAL_HOSTS.',
  },
  too_many_requests: { status: 429, meaning: 'You sent too many requests in the last minute.', action: retryLater },
  internal: {
    status: 500,
    meaning: 'Something went wrong on our side.',
    action: 'Try again. If it happens again, send the operator the trace id in the header X-Trace-ID.',
  },
  unavailable: { status: 503, meaning: 'The database or Storage does not answer.', action: 'Try again in a moment.' },

  // access
  not_allowed: {
    status: 403,
    meaning: 'Your role does not allow this.',
    action: 'Ask an owner or admin for a higher role.',
  },
  second_factor_needed: {
    status: 401,
    meaning: 'The session has ended, or it lacks the second factor of its account.',
    action: 'Sign in again, with the code of your authenticator app.',
  },
  scope_missing: {
    status: 403,
    meaning: 'This API key lacks a scope that the request needs.',
    action: 'Make a key with this scope in the settings of your account.',
  },
  session_needed: {
    status: 403,
    meaning: 'An API key may not do this.',
    action: 'Sign in, and do it with the token of your session.',
  },
  bad_api_key: {
    status: 401,
    meaning: 'The API key is unknown, revoked or expired.',
    action: 'Make a new key in the settings of your account.',
  },
  key_not_found: { status: 404, meaning: 'This API key does not exist, or it is not yours.', action: checkId },
  profile_not_found: { status: 404, meaning: 'Your account has no profile.', action: 'Sign in again.' },
  workspace_not_found: {
    status: 404,
    meaning: 'This workspace does not exist, or you may not see it.',
    action: checkId,
  },
  member_not_found: { status: 404, meaning: 'This person is not a member.', action: checkId },
  invitation_not_found: {
    status: 404,
    meaning: 'This invitation does not exist, or is no longer open.',
    action: checkId,
  },
  persona_not_found: { status: 404, meaning: 'This persona does not exist, or you may not see it.', action: checkId },
  version_not_found: { status: 404, meaning: 'The persona has no such version.', action: 'List its versions.' },
  tool_not_found: {
    status: 404,
    meaning: 'This tool does not exist, or you may not see it.',
    action: 'List the tools.',
  },
  run_not_found: { status: 404, meaning: 'This run does not exist, or you may not see it.', action: checkId },
  artifact_not_found: { status: 404, meaning: 'This file does not exist, or you may not see it.', action: checkId },
  approval_not_found: { status: 404, meaning: 'This question does not exist, or you may not see it.', action: checkId },
  secret_not_found: { status: 404, meaning: 'This secret does not exist, or you may not see it.', action: checkId },
  provider_test_not_found: {
    status: 404,
    meaning: 'This test of a model provider does not exist any more, or you may not see it.',
    action: 'Start the test again.',
  },
  too_many_tests: {
    status: 429,
    meaning: 'Several tests of model providers are still under way in this workspace.',
    action: 'Wait until they are over.',
  },
  provider_not_found: {
    status: 404,
    meaning: 'This model provider does not exist, or you may not see it.',
    action: checkId,
  },
  standing_approval_not_found: {
    status: 404,
    meaning: 'This rule does not exist, or you may not see it.',
    action: checkId,
  },
  price_not_found: {
    status: 404,
    meaning: 'There is no such price, or it is the one that every unknown model needs.',
    action: 'List the prices.',
  },
  alert_not_found: { status: 404, meaning: 'This alert does not exist, or you may not see it.', action: checkId },
  schedule_not_found: { status: 404, meaning: 'This schedule does not exist, or you may not see it.', action: checkId },
  webhook_not_found: { status: 404, meaning: 'This webhook does not exist, or you may not see it.', action: checkId },
  delivery_not_found: { status: 404, meaning: 'This delivery does not exist, or you may not see it.', action: checkId },
  checkpoint_not_found: {
    status: 404,
    meaning: 'The run cannot be continued from this step.',
    action: 'List the checkpoints of the run.',
  },
  conversation_not_found: {
    status: 404,
    meaning: 'This conversation does not exist, or you may not see it.',
    action: checkId,
  },
  dead_letter_not_found: { status: 404, meaning: 'This dead letter does not exist.', action: checkId },

  // state
  not_confirmed: {
    status: 422,
    meaning: 'This is not the name of what you want to delete.',
    action: 'Send the exact name.',
  },
  last_owner: {
    status: 409,
    meaning: 'The workspace would have no owner left.',
    action: 'Make somebody else an owner first.',
  },
  too_many_keys: {
    status: 409,
    meaning: 'You have as many API keys as one person may have.',
    action: 'Revoke a key that you do not use.',
  },
  already_member: {
    status: 409,
    meaning: 'This person is already in the workspace.',
    action: 'Change their role instead.',
  },
  persona_busy: {
    status: 409,
    meaning: 'The persona has runs that have not ended.',
    action: 'Cancel them or wait, then delete it.',
  },
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
  invalid_input: { status: 422, meaning: 'A value in the request cannot be stored.', action: 'Correct the value.' },
  persona_not_active: { status: 409, meaning: 'The persona is paused or archived.', action: 'Activate it first.' },
  idempotency_key_reused: {
    status: 409,
    meaning: 'This Idempotency-Key was already used for a different request.',
    action: 'Use a new key for each new request.',
  },
  run_finished: { status: 409, meaning: 'The run has already ended.', action: 'Nothing is left to do.' },
  already_decided: { status: 409, meaning: 'Somebody has already decided this.', action: 'Read the decision.' },
  approval_expired: { status: 410, meaning: 'The time to decide is over.', action: 'Start the run again.' },
  arguments_changed: {
    status: 409,
    meaning: 'The arguments have changed since you saw them.',
    action: 'Read the approval again, then decide.',
  },
  webhook_disabled: { status: 409, meaning: 'The webhook is switched off.', action: 'Switch it on first.' },
  already_requeued: {
    status: 409,
    meaning: 'This message is already back in the queue.',
    action: 'Nothing is left to do.',
  },
  run_went_on: {
    status: 409,
    meaning: 'The run went on without this message, or ended later for another reason.',
    action: 'Start or fork the run instead.',
  },
  conversation_went_on: {
    status: 409,
    meaning: 'The conversation went on after this run.',
    action: 'Try its last run again, or fork this one.',
  },
  invalid_decision: {
    status: 422,
    meaning: 'This kind of question does not accept this decision.',
    action:
      'By `kind`: approve or deny an approval; answer a question; done, do_again or give_up for an unknown effect.',
  },

  // limits
  budget_exhausted: {
    status: 402,
    meaning: 'The budget for cost or calls is used up.',
    action: 'Raise the limit, or wait for the next day or month.',
  },
  too_many_messages: {
    status: 429,
    meaning: 'Twenty messages wait for this run already.',
    action: 'Wait until the run has read them.',
  },
  rate_limited: { status: 429, meaning: 'You started too many runs in the last minute.', action: retryLater },
  too_many_runs: {
    status: 429,
    meaning: 'The persona or the workspace has as many live runs as its limit allows.',
    action: 'Wait until one has ended, or cancel one.',
  },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof errors
