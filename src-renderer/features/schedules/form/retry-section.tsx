import { delayMs } from "../../../../src-core/job/retry.ts";
import type { RetryPolicy } from "../../../../src-core/model/retry-policy.ts";
import { DurationField } from "../../../components/duration-field.tsx";
import { Field } from "../../../components/field.tsx";
import { NumberField } from "../../../components/number-field.tsx";
import { PickButtons } from "../../../components/pick-buttons.tsx";
import { Select } from "../../../components/select.tsx";
import { formatDuration } from "../../../format/duration.ts";
import { plural } from "../../../format/plural.ts";
import type { SectionProblems } from "./field-problems.ts";
import { RestProblems } from "./section.tsx";

const BACKOFFS: readonly { value: RetryPolicy["backoff"]; label: string }[] = [
  { value: "linear", label: "Linear: 1, 2, 3, 4 …" },
  { value: "exponential", label: "Exponential: 1, 2, 4, 8 …" },
  { value: "fibonacci", label: "Fibonacci: 1, 1, 2, 3, 5 …" },
];
const CLASSES = [
  { value: "transient", label: "May pass by itself", title: "A connection that broke, a host that was busy" },
  { value: "capacity", label: "Something is full or busy", title: "No space left, too many connections" },
] as const;

export function retryWords({ attempts, classes, backoff, initialMs, capMs }: RetryPolicy): string {
  if (attempts === 1 || classes.length === 0) return "never tried again";
  return `${plural(attempts, "attempt")}, ${backoff} from ${formatDuration(initialMs)} to ${formatDuration(capMs)}`;
}

/** The waits between attempts, without what chance takes off them. */
function delaysOf(policy: RetryPolicy): number[] {
  if (policy.classes.length === 0 || !(policy.initialMs > 0 && policy.capMs > 0)) return [];
  return Array.from({ length: policy.attempts - 1 }, (_, n) => delayMs(policy, n + 1, 0));
}

/** How often and when work that failed is tried again. */
export function RetryFields(props: {
  retry: RetryPolicy;
  problems: SectionProblems;
  onChange: (part: Partial<RetryPolicy>) => void;
}) {
  const { retry, problems, onChange } = props;
  return (
    <>
      <div className="grid items-start gap-3 sm:grid-cols-2">
        <NumberField
          label="Attempts"
          hint="With the first one; 1: never again. 10 at most."
          value={retry.attempts}
          usual={3}
          min={1}
          max={10}
          onChange={(attempts) => onChange({ attempts })}
        />
        <Field label="Waits grow">
          {(ids) => (
            <Select
              {...ids}
              value={retry.backoff}
              onValueChange={(backoff) => onChange({ backoff })}
              options={BACKOFFS}
            />
          )}
        </Field>
        <DurationField
          label="First wait"
          error={problems.at("retry.initialMs")}
          valueMs={retry.initialMs}
          onChange={(initialMs) => onChange({ initialMs })}
        />
        <DurationField
          label="Longest wait"
          error={problems.at("retry.capMs")}
          valueMs={retry.capMs}
          onChange={(capMs) => onChange({ capMs })}
        />
        <NumberField
          label="Chance takes off up to"
          hint="Percent of each wait, so that not all come back at once."
          value={Math.round(retry.jitter * 100)}
          usual={0}
          min={0}
          max={100}
          onChange={(percent) => onChange({ jitter: percent / 100 })}
        />
        <PickButtons
          label="Which errors are tried again"
          options={CLASSES}
          picked={retry.classes}
          onChange={(classes) => onChange({ classes })}
        />
      </div>
      <Delays delays={delaysOf(retry)} jitter={retry.jitter} />
      <p className="text-xs text-ink-3">
        A refused password and damaged data are never tried again by themselves: somebody has to look.
      </p>
      <RestProblems problems={problems} shown={["retry.initialMs", "retry.capMs"]} />
    </>
  );
}

/** Width of the longest bar, in percent of the drawing. */
const LONGEST = 70;

function Delays({ delays, jitter }: { delays: readonly number[]; jitter: number }) {
  if (delays.length === 0) return <p className="text-ink-2">It is not tried again.</p>;
  const longest = Math.max(...delays);
  const total = delays.reduce((sum, ms) => sum + ms, 0);
  return (
    <figure className="grid gap-1">
      <figcaption className="text-xs font-medium text-ink-2">
        Waits {delays.length === 1 ? "before the second attempt" : "between attempts"}, {formatDuration(total)} in all
      </figcaption>
      <ol className="grid gap-0.5">
        {delays
          .map((ms, n) => ({ attempt: n + 2, ms }))
          .map(({ attempt, ms }) => (
            <li key={attempt} className="flex items-center gap-2 text-xs">
              <span className="w-5 text-right text-ink-3">{attempt}</span>
              <span
                aria-hidden
                className="relative h-3 min-w-0.5 overflow-hidden rounded-sm bg-accent-fill"
                style={{ width: `${Math.max(0.5, (ms / longest) * LONGEST)}%` }}
              >
                <span className="absolute inset-y-0 right-0 bg-accent-soft" style={{ width: `${jitter * 100}%` }} />
              </span>
              <span className="whitespace-nowrap text-ink-2">{formatDuration(ms)}</span>
            </li>
          ))}
      </ol>
    </figure>
  );
}
