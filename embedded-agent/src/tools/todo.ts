/** The plan of a session: a short list that the model keeps, stored with the session. */
import * as z from 'zod';
import { type AgentTool, builtInTool } from './tool.ts';

const statusSchema = z.enum(['pending', 'in-progress', 'completed']);
const todosSchema = z.array(z.object({ id: z.string(), description: z.string(), status: statusSchema }));
type Todos = z.infer<typeof todosSchema>;

export interface TodoStorage {
  todos(sessionId: string): unknown;
  setTodos(sessionId: string, todos: unknown): void;
}

export function todoTools(storage: TodoStorage): AgentTool[] {
  const read = (sessionId: string): Todos => todosSchema.parse(storage.todos(sessionId));
  const add = (sessionId: string, descriptions: readonly string[]): string => {
    const todos = read(sessionId);
    const added = descriptions.map((description, index) => ({
      id: `todo_${todos.length + index + 1}`,
      description,
      status: 'pending' as const,
    }));
    storage.setTodos(sessionId, [...todos, ...added]);
    return added.map((todo) => `Created todo [${todo.id}]: ${todo.description}`).join('\n');
  };
  const common = { category: 'todo', readOnly: true } as const; // nothing outside the session changes
  return [
    builtInTool({
      ...common,
      name: 'create_todo',
      title: 'Create TODO',
      description: 'Create a new todo item with a description',
      input: z.strictObject({ description: z.string().min(1) }),
      run: ({ description }, { sessionId }) => add(sessionId, [description]),
    }),
    builtInTool({
      ...common,
      name: 'create_todos',
      title: 'Create TODOs',
      description: 'Create a list of new todo items with descriptions',
      input: z.strictObject({ descriptions: z.array(z.string().min(1)).min(1) }),
      run: ({ descriptions }, { sessionId }) => add(sessionId, descriptions),
    }),
    builtInTool({
      ...common,
      name: 'update_todos',
      title: 'Update TODOs',
      description: 'Update the status of one or more todo items',
      input: z.strictObject({
        updates: z.array(z.strictObject({ id: z.string(), status: statusSchema })).min(1),
      }),
      run: ({ updates }, { sessionId }) => {
        const todos = read(sessionId);
        const lines = updates.map(({ id, status }) => {
          const todo = todos.find((candidate) => candidate.id === id);
          if (!todo) return `todo [${id}] not found`;
          todo.status = status;
          return `Updated todo [${id}] to status: [${status}]`;
        });
        storage.setTodos(sessionId, todos);
        return lines.join('\n');
      },
    }),
    builtInTool({
      ...common,
      name: 'list_todos',
      title: 'List TODOs',
      description: 'List all current todos with their status',
      input: z.strictObject({}),
      run: (_, { sessionId }) => {
        const lines = read(sessionId).map((todo) => `- [${todo.id}] ${todo.description} (${todo.status})`);
        return lines.length === 0 ? 'No todos' : `Current todos:\n${lines.join('\n')}`;
      },
    }),
  ];
}
