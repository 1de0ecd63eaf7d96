/**
 * What can be asked about schedules without changing them. Answered beside the scheduler's thread or in it, from the schedules that are
 * there; nothing here reads a clock or the world.
 */
import type { Schedule } from "../model/schedule.ts";
import { type Validation, validation } from "./validation.ts";

/** Each kind of question with its answer. */
interface Questions {
  validate: {
    question: {
      /** Anything. */
      definition: unknown;
      /** Of the one it would replace. */
      id: string | null;
      /** What sources are called. */
      sourceNames: Readonly<Record<string, string>>;
    };
    answer: Validation;
  };
}

export type QuestionKind = keyof Questions;
export type QuestionOf<K extends QuestionKind> = { [Each in K]: { kind: Each } & Questions[Each]["question"] }[K];
export type AnswerOf<K extends QuestionKind> = Questions[K]["answer"];

type Answers = {
  [K in QuestionKind]: (question: QuestionOf<K>, schedules: readonly Schedule[], now: number) => AnswerOf<K>;
};

const ANSWERS: Answers = {
  validate: ({ definition, id, sourceNames }, schedules, now) =>
    validation(definition, id, schedules, (source) => sourceNames[source] ?? source, now),
};

/**
 * @param schedules all that are saved
 * @throws AppError as the question says: schedule.*, state.conflict, request.*, calendar.invalid
 */
export function answer<K extends QuestionKind>(
  question: QuestionOf<K>,
  schedules: readonly Schedule[],
  now: number,
): AnswerOf<K> {
  const how: Answers[K] = ANSWERS[question.kind];
  return how(question, schedules, now);
}
