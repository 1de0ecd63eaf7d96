/** The parts of a bill, in the order in which they are shown. No schema here: the pages load this and none. */
export const COST_CATEGORIES = ["storage", "requests", "retrieval", "egress", "early-deletion", "fees"] as const;
