(** * T6: no other resting point is stable

    Where every drive is more than twice its row of crosstalk, and some oscillator opposes what it
    feels at a resting point, motions leave it that start as near to it as one likes. *)

From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
From Lohe Require Import Vectors Curves Settling Contraction Crosstalk Comparison Leader Gaps.
Open Scope R_scope.

(** The coordinate vector e_k. *)
Definition axis (k : nat) : vec := fun i => if Nat.eqb i k then 1 else 0.

Lemma dot_axis d (x : vec) k : (k < d)%nat -> dot d x (axis k) = x k.
Proof.
  unfold dot, axis. induction d as [|d IH]; intros few; simpl; [lia|].
  destruct (PeanoNat.Nat.eq_dec k d) as [->|other].
  - rewrite PeanoNat.Nat.eqb_refl, (total_ext d _ (fun _ => 0)), total_zero; [ring|].
    intros i less. destruct (Nat.eqb_spec i d); [lia | ring].
  - rewrite IH by lia. destruct (Nat.eqb_spec d k); [lia | ring].
Qed.

(** In dimension 2 or more there is a unit vector with any given gap to a unit vector. *)
Lemma near_unit_vector d (z : vec) (m : R) :
  (2 <= d)%nat -> unit_vector d z -> 0 < m < 1 ->
  exists x, unit_vector d x /\ dot d x z = 1 - m.
Proof.
  intros plane on_z range.
  assert (two : z 0%nat * z 0%nat + z 1%nat * z 1%nat <= 1).
  { rewrite <- on_z. unfold dot. destruct d as [|[|e]]; [lia | lia |]. clear.
    induction e as [|e IH]; [simpl; lra|].
    change (total (S (S (S e))) (fun i => z i * z i))
      with (total (S (S e)) (fun i => z i * z i) + z (S (S e)) * z (S (S e))).
    pose proof (Rle_0_sqr (z (S (S e)))) as sign. unfold Rsqr in sign. lra. }
  assert (exists k, (k < d)%nat /\ z k * z k < 1) as [k [few part]].
  { destruct (Rlt_or_le (z 0%nat * z 0%nat) 1) as [less|more].
    - exists 0%nat. split; [lia | exact less].
    - exists 1%nat. split; [lia|]. lra. }
  (* The unit vector across z towards e_k. *)
  set (v := sub (axis k) (scale (z k) z)).
  assert (v_z : dot d v z = 0).
  { unfold v. rewrite dot_sub_l, dot_scale_l, on_z, (dot_comm (axis k)), dot_axis by exact few.
    ring. }
  assert (v_v : dot d v v = 1 - z k * z k).
  { unfold v at 2. rewrite dot_sub_r, dot_scale_r, v_z, dot_axis by exact few.
    unfold v, sub, scale, axis. rewrite PeanoNat.Nat.eqb_refl. ring. }
  assert (v_some : 0 < norm d v) by (unfold norm; rewrite v_v; apply sqrt_lt_R0; lra).
  set (a := 1 - m). set (b := sqrt (1 - a * a)).
  assert (b2 : b * b = 1 - a * a) by (apply sqrt_sqrt; unfold a; nra).
  pose proof (direction_unit v v_some) as on_v. set (w := direction d v) in *.
  assert (w_z : dot d w z = 0) by (unfold w, direction; rewrite dot_scale_l, v_z; ring).
  exists (add (scale a z) (scale b w)). split.
  - unfold unit_vector. rewrite dot_add_l, !dot_add_r, !dot_scale_l, !dot_scale_r.
    rewrite (dot_comm z w), w_z, on_z, on_v. lra.
  - rewrite dot_add_l, !dot_scale_l, w_z, on_z. unfold a. ring.
Qed.

Section Instability.
Context {n d : nat} (J : nat -> nat -> R) (h Z : state) (signs : nat -> R).
Local Notation s := (row_sum n J).
Hypothesis strong : forall i, (i < n)%nat -> 2 * s i < norm d (h i).
Hypothesis pattern : sign_pattern n signs.
Hypothesis rests : network_rests n d J h Z.
Hypothesis has : has_signs n d J h signs Z.
Local Notation l i := (norm d (felt n J h Z i)).

(** T6, the others repel: if ‖h_i‖ > 2s_i for all i, there is b > 0 such that no motion keeps all
    gaps 1 − ⟨x_i, z_i⟩ below b for longer than ln(2/m)/b if, at first, an oscillator with the
    sign minus has the gap m > 0 and every one with the sign plus a smaller gap. *)
Theorem other_points_repel :
  exists b, 0 < b /\ forall (T : R) (X : R -> state) (i : nat),
    coupled_motion n d J h T X -> 0 <= T ->
    (forall t, 0 <= t <= T -> forall k, (k < n)%nat -> gap d Z (X t) k < b) ->
    (i < n)%nat -> signs i = -1 -> 0 < gap d Z (X 0) i ->
    (forall k, (k < n)%nat -> signs k = 1 -> gap d Z (X 0) k < gap d Z (X 0) i) ->
    gap d Z (X 0) i * exp (b * T) <= 2.
Proof.
  destruct (common_margin J h Z strong rests) as [b [[b_low b_high] margin]].
  exists b. split; [exact b_low|]. intros T X i motion T_sign near small minus_i away others.
  apply Rnot_lt_le. intros large.
  pose proof (exp_pos (b * T)) as e_sign. set (m := gap d Z (X 0) i) in *.
  pose (mark := fun k => if Req_EM_T (signs k) (-1) then true else false).
  assert (marked : forall k, mark k = true -> signs k = -1).
  { intros k. unfold mark. now destruct Req_EM_T. }
  assert (unmarked : forall k, (k < n)%nat -> mark k = false -> signs k = 1).
  { intros k less. unfold mark. destruct Req_EM_T; [discriminate|].
    destruct (pattern k less); [easy | contradiction]. }
  (* A bound that starts below m and still ends above 2. *)
  set (low := 2 * / exp (b * T)).
  assert (low_sign : 0 < low).
  { apply Rmult_lt_0_compat; [lra | now apply Rinv_0_lt_compat]. }
  assert (low_m : low < m).
  { apply (Rmult_lt_reg_r (exp (b * T))); [exact e_sign|]. unfold low.
    rewrite Rmult_assoc, Rinv_l by lra. lra. }
  assert (leading : leads n mark (fun k t => gap d Z (X t) k) (fun t => low * exp (b * t)) T).
  { apply (leader_stays_ahead n T mark (fun k t => gap d Z (X t) k)
      (fun k t => - dot d (velocity d (felt n J h (X t) k) (X t k)) (Z k))
      (fun t => low * exp (b * t)) (fun t => b * (low * exp (b * t)))); [| | | |lra].
    - intros k less t inside. now apply (gap_slope J h Z T).
    - intros t inside. auto_derive; [easy | ring].
    - intros t inside k less k_mark farthest.
      pose proof (gap_speed J h Z signs strong pattern rests has (X t) k less
                    (proj2 motion t inside) farthest) as speed.
      cbv zeta in speed. rewrite (marked k k_mark) in speed. apply Rabs_le_between in speed.
      pose proof (near t inside k less) as f_high.
      pose proof (level_beats_row J h Z strong rests k less).
      pose proof (row_sum_nonneg (n := n) J k).
      pose proof (margin k less) as margin_k.
      set (f := gap d Z (X t) k) in *.
      pose proof (exp_pos (b * t)) as grows.
      assert (bound_sign : 0 < low * exp (b * t)) by now apply Rmult_lt_0_compat.
      assert (outward : 0 < f -> b * f < - dot d (velocity d (felt n J h (X t) k) (X t k)) (Z k)).
      { intros some. assert (b * f < (l k * (2 - f) - 2 * s k) * f); [|nra].
        apply Rmult_lt_compat_r; [exact some|]. nra. }
      split.
      + intros edge. rewrite <- edge. apply outward. lra.
      + intros j few j_mark above level_j.
        pose proof (gap_speed J h Z signs strong pattern rests has (X t) j few
                      (proj2 motion t inside)) as inward. cbv zeta in inward.
        specialize (inward ltac:(intros q q_few; rewrite level_j; now apply farthest)).
        rewrite (unmarked j few j_mark), level_j in inward. apply Rabs_le_between in inward.
        pose proof (level_beats_row J h Z strong rests j few).
        pose proof (row_sum_nonneg (n := n) J j).
        pose proof (margin j few) as margin_j.
        assert (some : 0 < f) by lra. specialize (outward some).
        assert (b * f < (l j * (2 - f) - 2 * s j) * f); [|nra].
        apply Rmult_lt_compat_r; [exact some|]. nra.
    - exists i. split; [exact small|]. split.
      { unfold mark. now destruct Req_EM_T. }
      split; [rewrite Rmult_0_r, exp_0; fold m; lra|].
      intros k less k_mark. apply others; [exact less | now apply unmarked]. }
  destruct leading as [k [less [_ [high _]]]]. unfold low in high.
  rewrite Rmult_assoc, Rinv_l in high by lra.
  pose proof (gap_nonneg J h Z rests (X T) k less (proj2 motion T ltac:(lra) k less)). lra.
Qed.

(** T6, the others are unstable: if ‖h_i‖ > 2s_i for all i, in dimension 2 or more, at a resting
    point with a sign minus, there is b > 0 such that as near to it as one likes there are starts
    from which every motion, within a time T, has some gap of b or more. *)
Theorem other_points_are_unstable :
  (2 <= d)%nat -> (exists i, (i < n)%nat /\ signs i = -1) ->
  exists b, 0 < b /\ forall near, 0 < near ->
  exists (start : state) (T : R),
    (forall k, (k < n)%nat -> unit_vector d (start k) /\ gap d Z start k < near) /\
    0 <= T /\
    forall X, coupled_motion n d J h T X -> X 0 = start ->
    exists t k, 0 <= t <= T /\ (k < n)%nat /\ b <= gap d Z (X t) k.
Proof.
  intros plane [i [small minus_i]]. destruct other_points_repel as [b [b_sign repel]].
  exists b. split; [exact b_sign|]. intros near near_sign.
  destruct (near_unit_vector d (Z i) (Rmin (near / 2) (1 / 2)) plane) as [x [on_x away]].
  { now apply rests. }
  { pose proof (Rmin_r (near / 2) (1 / 2)). split; [apply Rmin_glb_lt; lra | lra]. }
  set (m := Rmin (near / 2) (1 / 2)) in *.
  assert (m_sign : 0 < m) by (apply Rmin_glb_lt; lra).
  assert (m_small : m < near) by (pose proof (Rmin_l (near / 2) (1 / 2)); unfold m; lra).
  pose (start := fun k => if Nat.eqb k i then x else Z k).
  assert (others : forall k, (k < n)%nat -> k <> i -> gap d Z start k = 0).
  { intros k less other. unfold gap, start. destruct (Nat.eqb_spec k i); [contradiction|].
    rewrite (proj1 (rests k less)). ring. }
  assert (moved : gap d Z start i = m).
  { unfold gap, start. rewrite PeanoNat.Nat.eqb_refl, away. ring. }
  exists start, (ln (3 / m) / b).
  assert (time_sign : 0 <= ln (3 / m) / b).
  { apply Rle_mult_inv_pos; [|exact b_sign]. rewrite <- ln_1. left. apply ln_increasing; [lra|].
    apply (Rmult_lt_reg_r m); [exact m_sign|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra.
    pose proof (Rmin_r (near / 2) (1 / 2)) as half. fold m in half. lra. }
  split; [|split; [exact time_sign|]].
  - intros k less. destruct (PeanoNat.Nat.eq_dec k i) as [->|other].
    + split; [unfold start; now rewrite PeanoNat.Nat.eqb_refl | lra].
    + split; [|rewrite others by assumption; exact near_sign].
      unfold start. destruct (Nat.eqb_spec k i); [contradiction | now apply rests].
  - intros X motion from. apply Classical_Prop.NNPP. intros stays.
    assert (inside : forall t, 0 <= t <= ln (3 / m) / b -> forall k, (k < n)%nat ->
              gap d Z (X t) k < b).
    { intros t time k less. apply Rnot_le_lt. intros far. apply stays. now exists t, k. }
    specialize (repel _ X i motion time_sign inside small minus_i).
    rewrite from, moved in repel. specialize (repel m_sign).
    assert (m * exp (b * (ln (3 / m) / b)) <= 2) as limit.
    { apply repel. intros k less plus. rewrite others; [exact m_sign | exact less |].
      intros ->. lra. }
    replace (b * (ln (3 / m) / b)) with (ln (3 / m)) in limit by (field; lra).
    rewrite exp_ln in limit by (apply Rdiv_lt_0_compat; lra).
    replace (m * (3 / m)) with 3 in limit by (field; lra). lra.
Qed.
End Instability.
