import { DurationField } from "../../../components/duration-field.tsx";
import { Field, TextInput } from "../../../components/field.tsx";
import { formatDuration } from "../../../format/duration.ts";
import { AfterFields, afterWords } from "./after-section.tsx";
import { ConditionFields, conditionWords } from "./conditions-section.tsx";
import type { SectionName, SectionProblems } from "./field-problems.ts";
import { MissedFields, missedWords } from "./missed-section.tsx";
import { OrderFields, orderWords } from "./order-section.tsx";
import { RetryFields, retryWords } from "./retry-section.tsx";
import { type PlainPart, type ScheduleForm, usualPlain } from "./schedule-form.ts";
import { FoldedSection, OpenSection } from "./section.tsx";
import { WhenFields } from "./when-section.tsx";
import { allowedWords, WindowsFields } from "./windows-section.tsx";
import { WorkFields } from "./work-section.tsx";
import { ZoneField } from "./zone-field.tsx";

interface FormSectionsProps {
  form: ScheduleForm;
  ownId: string | null;
  homeZone: string;
  words: string | null;
  cycle: readonly string[] | null;
  problemsOf: (section: SectionName) => SectionProblems;
  onChange: (section: SectionName, next: (before: ScheduleForm) => ScheduleForm) => void;
}

/** What is asked, most important first; all that has a usual answer is folded away. */
export function FormSections(props: FormSectionsProps) {
  const { form, ownId, homeZone, words, cycle, problemsOf, onChange } = props;
  const { plain } = form;
  const set = (section: SectionName, part: Partial<PlainPart>) =>
    onChange(section, (before) => ({ ...before, plain: { ...before.plain, ...part } }));
  const usual = usualPlain(plain.zone);
  const differs = (...members: (keyof PlainPart)[]) =>
    members.some((member) => JSON.stringify(plain[member]) !== JSON.stringify(usual[member]));
  const basics = problemsOf("basics");
  const when = problemsOf("when");
  return (
    <>
      <section id="section-basics" aria-label="Basics" className="scroll-mt-4">
        <Field
          label="Name"
          error={basics.at("name") === undefined ? undefined : nameError(form.name, basics.at("name"))}
        >
          {(ids) => (
            <TextInput
              {...ids}
              autoFocus={form.name === ""}
              maxLength={100}
              placeholder="e.g. nightly export of web servers"
              value={form.name}
              onChange={(event) => onChange("basics", (before) => ({ ...before, name: event.target.value }))}
            />
          )}
        </Field>
      </section>
      <OpenSection id="section-work" title="What it does">
        <WorkFields
          work={form.work}
          problems={problemsOf("work")}
          onChange={(work) => onChange("work", (before) => ({ ...before, work }))}
        />
      </OpenSection>
      <OpenSection id="section-when" title="When">
        <WhenFields
          when={form.when}
          words={words}
          problems={when}
          onChange={(part) => onChange("when", (before) => ({ ...before, when: { ...before.when, ...part } }))}
        />
        <div className="grid items-start gap-3 sm:grid-cols-2">
          <ZoneField
            zone={plain.zone}
            home={homeZone}
            error={when.at("zone")}
            onChange={(zone) => set("when", { zone })}
          />
          <DurationField
            label="Starts later by chance, up to"
            hint={
              plain.jitterMs === 0
                ? "Spreads load; 0: on time."
                : `Each run up to ${formatDuration(plain.jitterMs)} later.`
            }
            error={when.at("jitterMs")}
            valueMs={plain.jitterMs}
            onChange={(jitterMs) => set("when", { jitterMs })}
          />
          <Day
            label="First day"
            error={when.at("startsOn")}
            day={plain.startsOn}
            onChange={(startsOn) => set("when", { startsOn })}
          />
          <Day
            label="Last day"
            error={when.at("endsOn")}
            day={plain.endsOn}
            onChange={(endsOn) => set("when", { endsOn })}
          />
        </div>
      </OpenSection>
      <FoldedSection
        id="section-allowed"
        title="Hours and blackouts"
        words={allowedWords(plain.allowed)}
        changed={differs("allowed")}
        problems={problemsOf("allowed")}
      >
        <WindowsFields
          allowed={plain.allowed}
          problems={problemsOf("allowed")}
          onChange={(part) => set("allowed", { allowed: { ...plain.allowed, ...part } })}
        />
      </FoldedSection>
      <FoldedSection
        id="section-missed"
        title="Missed runs"
        words={missedWords(plain.missed)}
        changed={differs("missed")}
        problems={problemsOf("missed")}
      >
        <MissedFields
          missed={plain.missed}
          problems={problemsOf("missed")}
          onChange={(part) => set("missed", { missed: { ...plain.missed, ...part } })}
        />
      </FoldedSection>
      <FoldedSection
        id="section-after"
        title="After other schedules"
        words={afterWords(plain.dependencies)}
        changed={differs("dependencies", "join")}
        problems={problemsOf("after")}
      >
        <AfterFields
          ownId={ownId}
          dependencies={plain.dependencies}
          join={plain.join}
          cycle={cycle}
          problems={problemsOf("after")}
          onChange={(part) => set("after", part)}
        />
      </FoldedSection>
      <FoldedSection
        id="section-retry"
        title="When it fails"
        words={retryWords(plain.retry)}
        changed={differs("retry")}
        problems={problemsOf("retry")}
      >
        <RetryFields
          retry={plain.retry}
          problems={problemsOf("retry")}
          onChange={(part) => set("retry", { retry: { ...plain.retry, ...part } })}
        />
      </FoldedSection>
      <FoldedSection
        id="section-order"
        title="Order"
        words={orderWords(plain)}
        changed={differs("priority", "groups", "overlap")}
        problems={problemsOf("order")}
      >
        <OrderFields order={plain} problems={problemsOf("order")} onChange={(part) => set("order", part)} />
      </FoldedSection>
      <FoldedSection
        id="section-conditions"
        title="Conditions"
        words={conditionWords(plain.conditions)}
        changed={differs("conditions")}
        problems={problemsOf("conditions")}
      >
        <ConditionFields
          conditions={plain.conditions}
          problems={problemsOf("conditions")}
          onChange={(conditions) => set("conditions", { conditions })}
        />
      </FoldedSection>
    </>
  );
}

function nameError(name: string, message: string | undefined): string | undefined {
  return name.trim() === "" ? "Name it, so that others know it." : message;
}

function Day(props: {
  label: string;
  error: string | undefined;
  day: string | null;
  onChange: (day: string | null) => void;
}) {
  const { label, error, day, onChange } = props;
  return (
    <Field label={label} error={error} hint={day === null ? "None." : "Included."}>
      {(ids) => (
        <TextInput
          {...ids}
          type="date"
          className="w-44"
          value={day ?? ""}
          onChange={(event) => onChange(event.target.value === "" ? null : event.target.value)}
        />
      )}
    </Field>
  );
}
