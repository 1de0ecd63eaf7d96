/** What the plan is: sliders for what one plays with, fields for the rest. Everything takes effect at once. */
import { Info } from "lucide-react";
import type { Destination } from "../../../src-core/model/price.ts";
import { Field, TextInput } from "../../components/field.tsx";
import { Segmented } from "../../components/segmented.tsx";
import { Select } from "../../components/select.tsx";
import { SliderField } from "../../components/slider-field.tsx";
import { Checkbox } from "../../components/toggle.tsx";
import { formatBytes } from "../../format/bytes.ts";
import { type CostForm, useCostPlan } from "../../ui-state/cost-plan.ts";
import {
  formFault,
  heldAssumptions,
  RESTORE_STEPS,
  restoreWords,
  retentionWords,
  SIZE_LIMITS,
  sizeAt,
  stepOf,
} from "./cost-form.ts";
import { MeasureSize } from "./measure-size.tsx";
import { NumberField } from "./number-field.tsx";
import { DESTINATION_WORDS } from "./part-words.ts";
import { StartPicker } from "./start-picker.tsx";

const GIB = 2 ** 30;

export function PlanForm() {
  const form = useCostPlan((state) => state.form);
  const change = useCostPlan((state) => state.change);
  const fault = formFault(form);
  return (
    <form aria-label="Plan" className="grid gap-3.5 p-4" onSubmit={(event) => event.preventDefault()}>
      <StartPicker />
      <Assumed form={form} />
      {form.diskPath === "" ? null : <MeasureSize key={form.diskPath} form={form} change={change} />}
      <Segmented
        label="Kind of plan"
        value={form.kind}
        onValueChange={(kind) => change({ kind })}
        options={[
          { value: "job", label: "Backups or exports" },
          { value: "simple", label: "Plain numbers" },
        ]}
        className="w-full [&>button]:flex-1 [&>button]:justify-center"
      />
      {fault === null ? null : (
        <p role="alert" className="text-xs text-bad">
          {fault}
        </p>
      )}
      {form.kind === "job" ? <JobFields form={form} change={change} /> : <SimpleFields form={form} change={change} />}
      <AccountFields form={form} change={change} />
    </form>
  );
}

interface FieldsProps {
  form: CostForm;
  change: (fields: Partial<CostForm>) => void;
}

/** What the chosen subject did not say. */
function Assumed({ form }: { form: CostForm }) {
  const { name } = form;
  if (name === "") return null;
  return (
    <section aria-label="What was assumed" className="rounded-md border border-line bg-canvas px-3 py-2 text-xs">
      <p className="flex items-center gap-1.5 font-medium">
        <Info aria-hidden className="size-3.5 shrink-0 text-ink-3" />
        <span className="truncate" title={name}>
          For {name}
        </span>
      </p>
      <ul className="mt-1 grid gap-0.5 text-ink-2">
        {heldAssumptions(form).map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </section>
  );
}

function JobFields({ form, change }: FieldsProps) {
  return (
    <>
      <SliderField
        label="Size"
        text={formatBytes(form.sizeBytes)}
        value={stepOf(form.sizeBytes)}
        min={0}
        max={200}
        onChange={(step) => change({ sizeBytes: sizeAt(step) })}
      />
      <SliderField
        label="Daily change"
        text={`${form.changePercent} %, ${formatBytes(Math.round((form.sizeBytes * form.changePercent) / 100))}`}
        value={form.changePercent}
        min={0}
        max={20}
        step={0.5}
        onChange={(changePercent) => change({ changePercent })}
      />
      <SliderField
        label="Growth a month"
        text={`${form.growthPercent} %`}
        value={form.growthPercent}
        min={0}
        max={20}
        step={0.5}
        onChange={(growthPercent) => change({ growthPercent })}
      />
      <SliderField
        label="Retention: daily points"
        text={form.keepAll ? "all are kept" : `${form.daily}`}
        value={form.daily}
        min={0}
        max={365}
        onChange={(daily) => change({ daily, keepAll: false })}
      />
      <SliderField
        label="Restores"
        text={restoreWords(form.restoresPerYear)}
        value={Math.max(0, RESTORE_STEPS.indexOf(form.restoresPerYear as (typeof RESTORE_STEPS)[number]))}
        min={0}
        max={RESTORE_STEPS.length - 1}
        onChange={(step) => change({ restoresPerYear: RESTORE_STEPS[step] ?? 0 })}
      />
      <SliderField
        label="Months"
        text={`${form.months}`}
        value={form.months}
        min={12}
        max={60}
        onChange={(months) => change({ months })}
      />
      <details className="group">
        <summary className="text-xs font-medium text-ink-2 hover:text-ink">Size and retention exactly</summary>
        <div className="mt-2 grid grid-cols-2 items-start gap-2.5">
          <NumberField
            label="Size in GiB"
            className="col-span-2"
            fractions
            value={Number((form.sizeBytes / GIB).toFixed(3))}
            min={SIZE_LIMITS.min / GIB}
            max={SIZE_LIMITS.max / GIB}
            onChange={(gib) => change({ sizeBytes: Math.round(gib * GIB) })}
          />
          <NumberField label="Weekly" value={form.weekly} min={0} max={520} onChange={(weekly) => change({ weekly })} />
          <NumberField
            label="Monthly"
            value={form.monthly}
            min={0}
            max={240}
            onChange={(monthly) => change({ monthly })}
          />
          <NumberField label="Yearly" value={form.yearly} min={0} max={100} onChange={(yearly) => change({ yearly })} />
          <NumberField label="Daily" value={form.daily} min={0} max={3650} onChange={(daily) => change({ daily })} />
          <div className="col-span-2">
            <Checkbox
              checked={form.keepAll}
              onCheckedChange={(keepAll) => change({ keepAll })}
              label="Keep all restore points"
              hint={form.keepAll ? "Nothing is pruned." : `Kept: ${retentionWords(form)}.`}
            />
          </div>
        </div>
      </details>
      <details>
        <summary className="text-xs font-medium text-ink-2 hover:text-ink">Runs, restores and objects</summary>
        <div className="mt-2 grid grid-cols-2 items-start gap-2.5">
          <NumberField
            label="Every … days"
            value={form.everyDays}
            min={1}
            max={366}
            onChange={(everyDays) => change({ everyDays })}
          />
          <NumberField
            label="Full every … days"
            hint="0: one full, then increments."
            value={form.fullEveryDays}
            min={0}
            max={3660}
            onChange={(fullEveryDays) => change({ fullEveryDays })}
          />
          <NumberField
            label="A restore reads %"
            fractions
            value={form.restorePercent}
            min={0}
            max={100}
            onChange={(restorePercent) => change({ restorePercent })}
          />
          <NumberField
            label="Verified a month %"
            fractions
            value={form.verifyPercent}
            min={0}
            max={100}
            onChange={(verifyPercent) => change({ verifyPercent })}
          />
          <Field label="Read to" className="col-span-2">
            {(ids) => (
              <Select<Destination>
                {...ids}
                value={form.restoreTo}
                onValueChange={(restoreTo) => change({ restoreTo })}
                options={Object.entries(DESTINATION_WORDS).map(([value, label]) => ({
                  value: value as Destination,
                  label,
                }))}
              />
            )}
          </Field>
          <NumberField
            label="Object in MiB"
            value={form.objectMib}
            min={1}
            max={1_048_576}
            onChange={(objectMib) => change({ objectMib })}
          />
          <NumberField
            label="Part in MiB"
            hint="Of uploads in parts."
            value={form.partMib}
            min={5}
            max={4000}
            onChange={(partMib) => change({ partMib })}
          />
          <NumberField
            label="Object lock, days"
            className="col-span-2"
            value={form.lockDays}
            min={0}
            max={36_500}
            onChange={(lockDays) => change({ lockDays })}
          />
        </div>
      </details>
    </>
  );
}

function SimpleFields({ form, change }: FieldsProps) {
  return (
    <div className="grid grid-cols-2 items-start gap-2.5">
      <NumberField
        label="Stored, GB"
        fractions
        value={form.storageGB}
        min={0}
        max={4_000_000}
        onChange={(storageGB) => change({ storageGB })}
      />
      <NumberField
        label="Read out, GB"
        fractions
        value={form.transferGB}
        min={0}
        max={4_000_000}
        onChange={(transferGB) => change({ transferGB })}
      />
      <NumberField
        label="Requests"
        value={form.requests}
        min={0}
        max={1e12}
        onChange={(requests) => change({ requests })}
      />
      <NumberField label="Days" value={form.days} min={1} max={7300} onChange={(days) => change({ days })} />
    </div>
  );
}

function AccountFields({ form, change }: FieldsProps) {
  return (
    <details>
      <summary className="text-xs font-medium text-ink-2 hover:text-ink">Calendar and account</summary>
      <div className="mt-2 grid grid-cols-2 items-start gap-2.5">
        <Field label="First month" className="col-span-2" hint="None: every month has 30 days.">
          {(ids) => (
            <TextInput
              {...ids}
              type="month"
              min="1971-01"
              max="2190-12"
              value={form.start}
              onChange={(event) => {
                const { value } = event.target;
                if (value === "" || /^(19|20|21)\d\d-(0[1-9]|1[0-2])$/.test(value)) change({ start: value });
              }}
            />
          )}
        </Field>
        <NumberField
          label="Held already, GiB"
          fractions
          value={form.accountStoredGib}
          min={0}
          max={4_000_000}
          onChange={(accountStoredGib) => change({ accountStoredGib })}
        />
        <NumberField
          label="Sent a month, GiB"
          hint="Uses up free traffic first."
          fractions
          value={form.accountInternetGib}
          min={0}
          max={4_000_000}
          onChange={(accountInternetGib) => change({ accountInternetGib })}
        />
      </div>
    </details>
  );
}
