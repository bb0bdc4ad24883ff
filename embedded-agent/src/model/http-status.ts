/** @returns the HTTP status that an error of a provider names in its code or status, as OpenRouter and Google do */
export function asHttpStatus(error: object): number | null {
  const { code, status, type } = error as { code?: unknown; status?: unknown; type?: unknown };
  for (const value of [code, status]) {
    const number = typeof value === 'string' ? Number(value) : value;
    if (typeof number === 'number' && number >= 400 && number <= 599) return number;
  }
  return type === 'invalid_request_error' ? 400 : null;
}
