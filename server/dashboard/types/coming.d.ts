// Shapes of endpoints that a server of another version may not have: what they answer by the contract. Their panels are
// drawn where they answer.

/** What a payout consists of: one row a kind. */
export interface PayoutSummary {
  kind: string; count: number; net: string;
  gross?: string | null; refunds?: string | null; disputes?: string | null; fees?: string | null; reserve?: string | null; other?: string | null;
}

export interface PayoutDetail {
  payout: string; position: string; book: string; currency: string; amount: string; state: string; destination: string | null;
  initiated_on: string; closed_on: string | null; entry: string; carried_over: string; carried_on: string; unattributed: string; summary: PayoutSummary[];
}

export interface PayoutItem extends Omit<PayoutSummary, 'count'> {
  id: string | null; type?: string | null; occurred_at?: string | null; terminal?: string | null; reference?: string | null;
}

export interface PayoutItems { position: string; rows: PayoutItem[]; next: string | null }

export interface ReconciliationSum {
  source?: string | null; kind?: string | null; state?: string | null; age?: string | null; day?: string | null; merchant?: string | null; report?: string | null;
  currency: string; count: number; ours: string; theirs: string; difference: string; fees_ours: string | null; fees_theirs: string | null;
}

export interface ReconciliationSums { position: string[]; from: string; to: string; business_date?: string | null; rows: ReconciliationSum[] }

export interface Break {
  break: string; source: string; kind: string; state: string; merchant: string | null; payment: string | null; reference: string | null; currency: string;
  ours: string; theirs: string; difference: string; fees_ours: string | null; fees_theirs: string | null; age: number;
  entry: string | null; position: string | null; report: string | null; line: number | null; reported: string | null; day: string;
  closed: { date: string; maker: string; checker: string; reason: string; event: string | null } | null;
}

export interface Breaks { position: string[]; rows: Break[]; next: string | null }

export interface Report { source: string; report: string; date: string; currency: string; lines: number; credits: string; debits: string; state: string }
export interface Reports { position: string[]; rows: Report[]; next: string | null }

export interface ClusterNode { node: string; url?: string | null; [name: string]: unknown }
export interface Cluster { nodes?: ClusterNode[]; partitions?: { partition: number; owner?: string | null; position?: string | null; lag?: number | null }[] }

/** The paths, and what they answer. */
export interface Coming {
  '/v1/merchants/{merchant}/payouts/{payout}': PayoutDetail;
  '/v1/merchants/{merchant}/payouts/{payout}/items': PayoutItems;
  '/v1/merchants/{merchant}/payouts/next': PayoutDetail;
  '/v1/merchants/{merchant}/payouts/next/items': PayoutItems;
  '/v1/reconciliation': ReconciliationSums;
  '/v1/reconciliation/breaks': Breaks;
  '/v1/reconciliation/reports': Reports;
  '/v1/cluster': Cluster;
}
