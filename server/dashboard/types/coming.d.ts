// Shapes of endpoints that a server of another version may not have: what they answer by the contract. Their panels are
// drawn where they answer.

export interface ClusterNode { node: string; url?: string | null; [name: string]: unknown }
export interface Cluster { nodes?: ClusterNode[]; partitions?: { partition: number; owner?: string | null; position?: string | null; lag?: number | null }[] }

/** The paths, and what they answer. */
export interface Coming {
  '/v1/cluster': Cluster;
}
