/** A message cannot go there; the message of the error says why, and what to do. */
export class DeliveryRefusedError extends Error {
  override name = 'DeliveryRefusedError';
}
