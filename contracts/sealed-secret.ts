/**
 * What a secret's ciphertext is bound to. The functions seal (WebCrypto) and both they and the executor open, so what both
 * must agree on stands here. The layout: AES-256-GCM, a tag of 16 bytes at the end, and `BOUND` in front.
 */

/** Where a sealed secret is kept: a row of `secrets` is known by these two. */
export interface SecretPlace {
  workspace_id: string
  name: string
}

/** The first bytes of a ciphertext that is bound to its place. Those of releases before have none of it; saving them anew binds them. */
export const BOUND = new TextEncoder().encode('pp2:')

export const isBound = (ciphertext: Uint8Array) => BOUND.every((byte, index) => ciphertext[index] === byte)

/** The additional authenticated data: a ciphertext that was moved to another row or workspace does not open. */
export const placeBytes = ({ workspace_id, name }: SecretPlace) =>
  new TextEncoder().encode(JSON.stringify(['secret', workspace_id.toLowerCase(), name]))

/** The name of the secret that belongs to a webhook (see `save_webhook_endpoint`). */
export const webhookSecretName = (endpointId: string) => `webhook.${endpointId.toLowerCase().slice(-12)}`

/** The name of the secret that belongs to a model provider (see `save_provider`). */
export const providerSecretName = (provider: string) => `provider.${provider}`
