import { CircleCheck, CircleX, Hourglass } from "lucide-react";
import type { Delivery } from "../../../src-core/model/notification.ts";
import { classNames } from "../../components/class-names.ts";
import { deliveryWords } from "./channel-words.ts";

const LOOKS = {
  sent: { icon: CircleCheck, colour: "text-ok" },
  failed: { icon: CircleX, colour: "text-bad" },
  waiting: { icon: Hourglass, colour: "text-warn" },
} as const;

/** How sending went, as icon and words. */
export function DeliveryState({ delivery }: { delivery: Delivery }) {
  const { icon: Icon, colour } = LOOKS[delivery.state];
  return (
    <span className={classNames("inline-flex shrink-0 items-center gap-1 whitespace-nowrap", colour)}>
      <Icon aria-hidden className="size-3.5 shrink-0" />
      <span className="font-medium">{deliveryWords(delivery)}</span>
    </span>
  );
}
