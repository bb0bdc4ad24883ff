/** A schedule that makes no sense; the message says what is wrong and what to write instead. */
export class ScheduleError extends Error {
  override name = 'ScheduleError';
  /** Field of the request. */
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}
