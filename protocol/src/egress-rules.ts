/**
 * The owner's rule about what Moby may reach: `~/.mobyclaw/egress.yaml`, as it is written there and as the API shows it.
 * docs/way-out.md says what each key means; `lib/src/egress-rules/` reads the file and judges by it.
 */
import * as z from 'zod';

/** model: nothing but the model; ask: an unknown host is a question; open: any public host, written down. */
export const egressModeSchema = z.enum(['model', 'ask', 'open']).meta({ id: 'EgressMode' });
export type EgressMode = z.infer<typeof egressModeSchema>;

const portSchema = z.int().min(1).max(65_535);
const nonEmpty = <T extends z.ZodType>(one: T) => z.array(one).min(1).max(100);

export const hostRuleSchema = z
  .strictObject({
    host: z.string().min(1).max(255).describe('a name, or `*.` and a name for all that is below it'),
    ports: nonEmpty(portSchema).optional().describe('80 and 443 where none is named'),
    methods: nonEmpty(z.string().regex(/^[A-Za-z]{1,20}$/, 'must be a method such as GET'))
      .optional()
      .describe('GET includes HEAD; TLS is ended for this host then'),
    paths: nonEmpty(
      z
        .string()
        .regex(/^\/[^*?#\s]*\*?$/, 'must begin with / and may have one * at its end, such as /repos/me/*'),
    )
      .optional()
      .describe('TLS is ended for this host then'),
    private: z.literal(true).optional().describe('the name may lead into a private network'),
  })
  .meta({ id: 'HostRule' });
export type HostRule = z.infer<typeof hostRuleSchema>;

/** A rule of `deny` is about the host alone: what is denied in part would be allowed in part. */
export const denyRuleSchema = hostRuleSchema.pick({ host: true, ports: true }).meta({ id: 'DenyRule' });

/** A rule that is a name and nothing else may be written as that. */
const orName = <T extends z.ZodType>(rule: T) =>
  z.preprocess((value) => (typeof value === 'string' ? { host: value } : value), rule);
const orNothing = <T extends z.ZodType>(one: T) =>
  z.preprocess((value) => value ?? undefined, one.optional());

/** `egress.yaml` as the owner writes it; a key without a value counts as left out. */
export const egressFileSchema = z.strictObject({
  mode: orNothing(egressModeSchema),
  allow: orNothing(z.array(orName(hostRuleSchema)).max(2000)),
  deny: orNothing(z.array(orName(denyRuleSchema)).max(2000)),
  packages: orNothing(z.union([z.enum(['on', 'off']), z.boolean()], { error: 'must be on or off' })),
});

export const egressRulesSchema = z
  .object({
    mode: egressModeSchema,
    allow: z.array(hostRuleSchema),
    deny: z.array(denyRuleSchema),
    packages: z.boolean().describe('the registries of the package managers may be read'),
  })
  .meta({ id: 'EgressRules' });
export type EgressRules = z.infer<typeof egressRulesSchema>;

/** What is wrong with the file: a sentence, with its place where it has one, counted from 1. */
export const egressProblemSchema = z.object({
  message: z.string(),
  line: z.int().optional(),
  column: z.int().optional(),
});
export type EgressProblem = z.infer<typeof egressProblemSchema>;

/** What memory knows of the file: what is in force, and what is wrong with the file as it stands, if anything. */
export const egressFileStateSchema = z.object({
  rules: egressRulesSchema,
  problem: egressProblemSchema.optional().describe('the file as it stands is not in force; `rules` are'),
  hash: z.string().nullable().describe('of the file as it stands; null: there is none'),
});
export type EgressFileState = z.infer<typeof egressFileStateSchema>;

/** A change of the file that keeps all the rest of it, for `POST /egress/edit` of memory. */
export const egressEditSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('allow'), rule: hostRuleSchema }),
  z.strictObject({ do: z.literal('deny'), host: z.string().min(1).max(255) }),
  z.strictObject({ do: z.literal('forget'), host: z.string().min(1).max(255) }),
  z.strictObject({ do: z.literal('mode'), mode: egressModeSchema }),
  z.strictObject({ do: z.literal('packages'), on: z.boolean() }),
]);
export type EgressEdit = z.infer<typeof egressEditSchema>;
