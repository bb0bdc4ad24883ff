/**
 * cagent's two ways to name a value in soul.yaml: `${env.NAME}` and `${headers.NAME}` (remote MCP servers), with
 * `|| 'default'`; and `$NAME` or `${NAME}` as a shell has it (environment of stdio servers).
 */
export interface TemplateValues {
  environment: Readonly<Record<string, string | undefined>>;
  /** Headers of the run's request, lower-case names. */
  headers?: Readonly<Record<string, string | string[] | undefined>>;
}

const TEMPLATE = /\$\{\s*(env|headers)\.([\w-]+)\s*(?:\|\|\s*(?:'([^']*)'|"([^"]*)")\s*)?\}/g;

/** A value that is not set becomes its default, or nothing. */
export function expandTemplate(text: string, { environment, headers }: TemplateValues): string {
  return text.replace(TEMPLATE, (_, source: string, name: string, single?: string, double?: string) => {
    const value = source === 'env' ? environment[name] : headers?.[name.toLowerCase()];
    return (Array.isArray(value) ? value.join(', ') : value) || (single ?? double ?? '');
  });
}

/** @throws Error naming the variable that is not set, as cagent refuses it too */
export function expandShellVariables(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  return text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced?: string, plain?: string) => {
    const name = braced ?? plain ?? '';
    const value = environment[name];
    if (value === undefined) throw new Error(`the environment variable ${name} is not set`);
    return value;
  });
}
