/** Why a start cannot succeed, and what the owner can do; its message becomes the `problem` of local.json. */
export class StartError extends Error {
  override name = 'StartError';
}
