/**
 * The format of an encrypted secret, which is bound to its place. The functions encrypt it with WebCrypto; functions and
 * executor decrypt it. The ciphertext consists of `BOUND`, the AES-256-GCM ciphertext, and its tag of 16 bytes.
 */

/** The place of a secret: these two identify a row of `secrets`. */
export interface SecretPlace {
  workspace_id: string
  name: string
}

/** The first bytes of a ciphertext that is bound to its place. Secrets of older releases lack them until they are saved again. */
export const BOUND = new TextEncoder().encode('pp2:')

export const isBound = (ciphertext: Uint8Array) => BOUND.every((byte, index) => ciphertext[index] === byte)

/** The additional authenticated data: a ciphertext that was moved to another row or workspace cannot be decrypted. */
export const placeBytes = ({ workspace_id, name }: SecretPlace) =>
  new TextEncoder().encode(JSON.stringify(['secret', workspace_id.toLowerCase(), name]))

/** The name of the secret that belongs to a webhook (see `save_webhook_endpoint`). */
export const webhookSecretName = (endpointId: string) => `webhook.${endpointId.toLowerCase().slice(-12)}`

/** The name of the secret that belongs to a model provider (see `save_provider`). */
export const providerSecretName = (provider: string) => `provider.${provider}`
