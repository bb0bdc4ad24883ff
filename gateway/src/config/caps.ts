/** What the owner lets Moby cost, as his settings say. Null: no cap. */
export interface Caps {
  dayUsd: number | null;
  monthUsd: number | null;
  dayTokens: number | null;
  monthTokens: number | null;
}
