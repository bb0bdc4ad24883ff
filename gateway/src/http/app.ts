/** The HTTP API: health and the page's files are open, everything else is behind a token or the page's cookie. */

import { HttpProblem } from '@mobyclaw/lib/http-problem';
import { jsonBodyProblem } from '@mobyclaw/lib/json-depth';
import express, { type Express } from 'express';
import { authenticate, authorize, originGuard } from './authentication.ts';
import { chatScope } from './chat-scope.ts';
import type { HttpServices } from './http-services.ts';
import { openAiErrors } from './openai/openai-error.ts';
import { PageCodes } from './page-codes.ts';
import { pageFiles } from './page-files.ts';
import { problemHandler } from './problem-handler.ts';
import { channelRoutes } from './routes/channel-routes.ts';
import { commandRoutes } from './routes/command-routes.ts';
import { egressRoutes } from './routes/egress-routes.ts';
import { forgetRoutes } from './routes/forget-routes.ts';
import { heartbeatRoutes } from './routes/heartbeat-routes.ts';
import { hookReceiver, hookRoutes } from './routes/hook-routes.ts';
import { jobRoutes } from './routes/job-routes.ts';
import { liveRoutes } from './routes/live-routes.ts';
import { mcpRoutes } from './routes/mcp-routes.ts';
import { memoryRoutes } from './routes/memory-routes.ts';
import { openAiRoutes } from './routes/openai-routes.ts';
import { healthRoutes, operationRoutes } from './routes/operation-routes.ts';
import { pageEntrance, pageLoginRoutes } from './routes/page-login-routes.ts';
import { partRoutes } from './routes/part-routes.ts';
import { promptRoutes } from './routes/prompt-routes.ts';
import { pushRoutes } from './routes/push-routes.ts';
import { questionRoutes } from './routes/question-routes.ts';
import { sessionRoutes } from './routes/session-routes.ts';
import { skillRoutes } from './routes/skill-routes.ts';
import { soulRoutes } from './routes/soul-routes.ts';
import { tokenRoutes } from './routes/token-routes.ts';
import { turnRoutes } from './routes/turn-routes.ts';
import { voiceRoutes } from './routes/voice-routes.ts';

const MOST_BODY = '20mb';

function refuseDeep(_request: unknown, _response: unknown, body: Buffer, charset: string): void {
  const problem = jsonBodyProblem(body, charset);
  if (problem !== null) throw new HttpProblem('bad-request', problem);
}

export function createApp(services: HttpServices): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((_request, response, next) => {
    response.set({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    next();
  });
  app.use(originGuard(services.allowedHosts));
  const codes = new PageCodes(services.clock);
  app.use(healthRoutes(services));
  app.use(pageFiles(services.pageFolder));
  app.use(pageEntrance({ ...services, codes }));
  app.use(hookReceiver(services));
  app.use(authenticate(services.tokens, services.clock));
  app.use(express.json({ limit: MOST_BODY, verify: refuseDeep }));
  app.use(mcpRoutes(services));
  app.use(authorize(chatScope(services)));
  app.use(promptRoutes(services));
  app.use(openAiRoutes(services));
  app.use(turnRoutes(services));
  app.use(questionRoutes(services));
  app.use(sessionRoutes(services));
  app.use(commandRoutes(services));
  app.use(voiceRoutes(services));
  app.use(tokenRoutes(services));
  app.use(hookRoutes(services));
  app.use(jobRoutes(services));
  app.use(egressRoutes(services));
  app.use(skillRoutes(services));
  app.use(heartbeatRoutes(services));
  app.use(memoryRoutes(services));
  app.use(forgetRoutes(services));
  app.use(soulRoutes(services));
  app.use(channelRoutes(services));
  app.use(operationRoutes(services));
  app.use(partRoutes(services));
  app.use(liveRoutes(services));
  app.use(pushRoutes(services));
  app.use(pageLoginRoutes({ ...services, codes }));
  app.use((request) => {
    throw new HttpProblem(
      'not-found',
      `There is no ${request.method} ${request.path}. /openapi.json lists what there is.`,
    );
  });
  app.use('/v1', openAiErrors);
  app.use(problemHandler(services.logger));
  return app;
}
