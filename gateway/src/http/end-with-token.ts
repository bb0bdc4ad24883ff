import type { Response } from 'express';
import type { TokenRow } from '../store/token-store.ts';
import type { TokenService } from '../tokens/token-service.ts';

/** Ends a stream with the token or the login it was asked with: whoever is shown out sees nothing more. */
export function endWithToken(tokens: TokenService, response: Response): void {
  const { id } = response.locals.token as TokenRow;
  const forget = tokens.onRevoked(id, () => response.destroy());
  response.on('close', forget);
}
