/**
 * What can be asked about schedules without changing them. Answered beside the scheduler's thread or in it, from the schedules that are
 * there; nothing here reads a clock or the world.
 */
import type { Schedule } from "../model/schedule.ts";
import { type ImportedCalendar, importIcs } from "./ics.ts";
import { type FileFormat, type ReadScheduleFile, readScheduleFile, scheduleFileText } from "./schedule-file.ts";
import { type Simulation, type SimulationQuestion, simulation } from "./simulation.ts";
import { type Validation, validation } from "./validation.ts";
import { type WhatIf, type WhatIfQuestion, whatIf } from "./what-if.ts";

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
  "what-if": { question: WhatIfQuestion; answer: WhatIf };
  simulate: { question: SimulationQuestion; answer: Simulation };
  /** Blackouts in the text of a calendar file. */
  calendar: { question: { text: string }; answer: ImportedCalendar };
  /** What the text of a file of schedules would change. */
  "read-file": { question: { text: string }; answer: ReadScheduleFile };
  "write-file": {
    /** `ids` null: all. */
    question: { ids: readonly string[] | null; format: FileFormat };
    answer: string;
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
  "what-if": whatIf,
  simulate: simulation,
  calendar: ({ text }, _schedules, now) => importIcs(text, now),
  "read-file": ({ text }, schedules, now) => readScheduleFile(text, schedules, now),
  "write-file": ({ ids, format }, schedules) => {
    const wanted = ids === null ? null : new Set(ids);
    return scheduleFileText(wanted === null ? schedules : schedules.filter(({ id }) => wanted.has(id)), format);
  },
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
