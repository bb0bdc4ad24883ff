/** The arguments of a tool call as the model wrote them. */

export type CallArguments = { input: Record<string, unknown> } | { fault: string };

/** @param text none, or nothing, are no arguments: many models write it so */
export function readArguments(text: string | undefined): CallArguments {
  let value: unknown;
  try {
    value = JSON.parse(text?.trim() || '{}');
  } catch (error) {
    if (error instanceof SyntaxError) return { fault: `They are no JSON: ${error.message}` };
    throw error;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { fault: 'They must be one JSON object.' };
  }
  return { input: value as Record<string, unknown> };
}

/** As a provider is shown them again. Such as were never run are shown as the model wrote them. */
export function promptArguments(text: string | undefined): Record<string, unknown> {
  const read = readArguments(text);
  return 'input' in read ? read.input : { invalid: text };
}
