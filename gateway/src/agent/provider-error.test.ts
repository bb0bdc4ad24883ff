import { describe, expect, it } from 'vitest';
import { providerError } from './provider-error.ts';

const openai = (status: number, text: string, body: unknown): string =>
  `all models failed: error receiving from stream: POST "https://api.example/v1/chat/completions": ${status} ${text} ${JSON.stringify(body)}`;

describe('what the provider said', () => {
  it.each([
    [
      'OpenAI, a tool call without result',
      openai(400, 'Bad Request', {
        message:
          "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.",
        type: 'invalid_request_error',
        param: 'messages.[3].role',
        code: null,
      }),
      { code: 'broken_session', remedy: 'new-session', status: 400 },
    ],
    [
      'Anthropic, a tool call without result',
      openai(400, 'Bad Request', {
        type: 'error',
        error: {
          type: 'invalid_request_error',
          message:
            'messages.2: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1.',
        },
      }),
      { code: 'broken_session' },
    ],
    [
      'our relay, the budget is used up',
      openai(429, 'Too Many Requests', {
        error: { type: 'budget_exceeded', code: 'budget_exceeded', message: 'Used up for today.' },
      }),
      {
        code: 'budget_exceeded',
        remedy: 'none',
        message: 'The budget is used up. It said: Used up for today.',
      },
    ],
    [
      'OpenAI, too long',
      openai(400, 'Bad Request', {
        message: 'Too long.',
        type: 'invalid_request_error',
        code: 'context_length_exceeded',
      }),
      { code: 'context_overflow', remedy: 'new-session' },
    ],
    [
      'Anthropic, too long',
      openai(400, 'Bad Request', {
        type: 'error',
        error: {
          type: 'invalid_request_error',
          message: 'prompt is too long: 210000 tokens > 200000 maximum',
        },
      }),
      { code: 'context_overflow' },
    ],
    [
      'any other refusal spoils the session it is stored in',
      openai(400, 'Bad Request', { message: 'Could not process image', type: 'invalid_request_error' }),
      { code: 'bad_request', remedy: 'new-session' },
    ],
    [
      'no credit left',
      openai(429, 'Too Many Requests', { message: 'You exceeded your quota', code: 'insufficient_quota' }),
      { code: 'quota', remedy: 'none' },
    ],
    [
      'how long to wait',
      openai(429, 'Too Many Requests', { message: 'Slow down', type: 'rate_limit_error', retry_after: 7 }),
      { code: 'rate_limited', retryAfterMs: 7000 },
    ],
    ['unknown model', openai(404, 'Not Found', { message: 'no such model' }), { code: 'model_not_found' }],
    [
      'a body that is no JSON',
      'x: POST "http://a": 502 Bad Gateway <html>',
      { code: 'provider_unavailable', status: 502 },
    ],
    ['a proxy without a body', 'x: POST "http://a": 503 ', { code: 'overloaded', status: 503 }],
    [
      'Gemini',
      'Error 429, Message: Quota, Status: RESOURCE_EXHAUSTED, Details: []',
      { code: 'rate_limited' },
    ],
    [
      'no connection',
      'all models failed: Post "https://api.example/v1": dial tcp: lookup api.example: no such host',
      { code: 'provider_unavailable', remedy: 'same-session' },
    ],
    ['something else', 'failed to start the frobnicator', { code: 'agent_failed', remedy: 'none' }],
    ['nothing', '', { code: 'agent_failed' }],
  ])('%s', (_name, text, expected) => {
    expect(providerError(text)).toMatchObject(expected);
  });

  it.each([
    ['rate_limited', 'rate_limited'],
    ['context_exceeded', 'context_overflow'],
    ['media_too_large', 'too_large'],
    ['loop_detected', 'loop_detected'],
    ['model_error', 'provider_unavailable'],
    ['a_code_of_tomorrow', 'agent_failed'],
  ])('a code counts before the text: %s', (code, expected) => {
    expect(providerError('in words of its own', code).code).toBe(expected);
  });

  const after = 'model failed: error receiving from stream: ';
  it.each([
    ['HTTP 429: budget_exceeded: Spent. (code=budget_exceeded)', 'rate_limited', 'budget_exceeded', 'none'],
    ['HTTP 429: budget_exceeded: Spent.', 'rate_limited', 'budget_exceeded', 'none'],
    [
      'HTTP 429: rate_limit_error: slow (code=rate_limit_exceeded)',
      'rate_limited',
      'rate_limited',
      'same-session',
    ],
    ['HTTP 429: slow', 'rate_limited', 'rate_limited', 'same-session'],
    ['HTTP 429: billing_error: no credit (code=insufficient_quota)', 'rate_limited', 'quota', 'none'],
    [
      'HTTP 401: authentication_error: invalid x-api-key (code=invalid_api_key)',
      'model_error',
      'auth',
      'none',
    ],
    ['HTTP 401: invalid x-api-key', 'model_error', 'auth', 'none'],
    ['HTTP 402: no credit', 'model_error', 'quota', 'none'],
    [
      'HTTP 404: not_found_error: model: claude-x (code=model_not_found)',
      'model_error',
      'model_not_found',
      'none',
    ],
    ['HTTP 500: api_error: boom (code=server_error)', 'model_error', 'provider_unavailable', 'same-session'],
    ['HTTP 529: Overloaded', 'model_error', 'overloaded', 'same-session'],
    ['HTTP 400: bad thing', 'model_error', 'bad_request', 'new-session'],
  ])('as cagent 1.123 words it: %s', (text, code, expected, remedy) => {
    const error = providerError(after + text, code);
    expect(error).toMatchObject({ code: expected, remedy, status: Number(text.slice(5, 8)) });
    expect(error.message).not.toMatch(/_error:|budget_exceeded|code=/);
  });

  it('is shown to people without keys, colours or end', () => {
    const error = providerError(
      openai(401, 'Unauthorized', {
        message: `\u001b[31mIncorrect API key sk-proj-abcdefgh12345678 ${'x'.repeat(5000)}`,
      }),
    );
    expect(error.message).toContain('Incorrect API key …');
    expect(error.message).not.toContain('sk-proj');
    expect(error.message).not.toContain('\u001b');
    expect(error.message.length).toBeLessThan(1000);
  });
});
