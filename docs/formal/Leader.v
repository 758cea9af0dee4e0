(** * A leader stays ahead

    Among finitely many functions some are marked. If the largest of all, wherever it is a marked
    one, grows faster than a bound and than any unmarked one that is level with it, then a marked
    function that leads at first is always followed by a marked one that leads. *)

From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
From Lohe Require Import Vectors Comparison.
Open Scope R_scope.

(** Functions that are positive at a time, or zero there with a negative slope, are positive just
    before it. *)
Lemma all_positive_before n (f : nat -> R -> R) (v : nat -> R) (t : R) :
  (forall i, (i < n)%nat -> is_derive (f i) t (v i)) ->
  (forall i, (i < n)%nat -> 0 < f i t \/ (f i t = 0 /\ v i < 0)) ->
  exists r, 0 < r /\ forall s, t - r < s < t -> forall i, (i < n)%nat -> 0 < f i s.
Proof.
  induction n as [|n IH]; intros slopes signs.
  { exists 1. split; [lra|]. intros; lia. }
  destruct IH as [r1 [sign1 before1]]; [intros i less; apply slopes; lia |
    intros i less; apply signs; lia |].
  assert (last : exists r, 0 < r /\ forall s, t - r < s < t -> 0 < f n s).
  { destruct (signs n ltac:(lia)) as [some|[none falls]].
    - destruct (positive_around (f n) t (v n)) as [r [sign near]]; [apply slopes; lia | easy |].
      exists r. split; [exact sign|]. intros s inside. apply near. rewrite Rabs_left1; lra.
    - destruct (negative_before (fun s => - f n s) t (- v n)) as [r [sign before]]; [|lra|lra|].
      + apply (is_derive_opp (V := R_NormedModule)), slopes. lia.
      + exists r. split; [exact sign|]. intros s inside. specialize (before s inside). lra. }
  destruct last as [r2 [sign2 before2]].
  exists (Rmin r1 r2). split; [now apply Rmin_glb_lt|]. intros s inside i less.
  pose proof (Rmin_l r1 r2). pose proof (Rmin_r r1 r2).
  destruct (PeanoNat.Nat.eq_dec i n) as [->|other].
  - apply before2. lra.
  - apply before1; [lra | lia].
Qed.

Lemma largest_marked n (mark : nat -> bool) (f : nat -> R) :
  (exists i, (i < n)%nat /\ mark i = true) ->
  exists i, (i < n)%nat /\ mark i = true /\
            forall j, (j < n)%nat -> mark j = true -> f j <= f i.
Proof.
  induction n as [|n IH]; intros [i [less marked]]; [lia|].
  destruct (mark n) eqn:last.
  - destruct (Classical_Prop.classic (exists j, (j < n)%nat /\ mark j = true)) as [some|none].
    + destruct (IH some) as [k [k_less [k_marked k_top]]].
      destruct (Rle_or_lt (f k) (f n)) as [below|above]; [exists n | exists k];
        (split; [lia|]; split; [assumption|]); intros j j_less j_marked;
        (destruct (PeanoNat.Nat.eq_dec j n) as [->|other]; [lra|]);
        specialize (k_top j ltac:(lia) j_marked); lra.
    + exists n. split; [lia|]. split; [exact last|]. intros j j_less j_marked.
      destruct (PeanoNat.Nat.eq_dec j n) as [->|other]; [lra|].
      exfalso. apply none. exists j. split; [lia | exact j_marked].
  - assert (i <> n) by (intros ->; congruence).
    destruct IH as [k [k_less [k_marked k_top]]]; [exists i; split; [lia | exact marked]|].
    exists k. split; [lia|]. split; [exact k_marked|]. intros j j_less j_marked.
    apply k_top; [|exact j_marked]. assert (j <> n) by (intros ->; congruence). lia.
Qed.

(** The leader: some marked function is above the bound and above all that are not marked. *)
Definition leads n (mark : nat -> bool) (f : nat -> R -> R) (bound : R -> R) (t : R) : Prop :=
  exists i, (i < n)%nat /\ mark i = true /\ bound t < f i t /\
            forall k, (k < n)%nat -> mark k = false -> f k t < f i t.

Theorem leader_stays_ahead n (T : R) (mark : nat -> bool) (f v : nat -> R -> R)
    (bound slope : R -> R) :
  (forall i, (i < n)%nat -> forall t, 0 <= t <= T -> is_derive (f i) t (v i t)) ->
  (forall t, 0 <= t <= T -> is_derive bound t (slope t)) ->
  (forall t, 0 <= t <= T -> forall i, (i < n)%nat -> mark i = true ->
     (forall j, (j < n)%nat -> f j t <= f i t) ->
     (f i t = bound t -> slope t < v i t) /\
     (forall k, (k < n)%nat -> mark k = false -> bound t <= f i t -> f k t = f i t ->
        v k t < v i t)) ->
  leads n mark f bound 0 -> forall t, 0 <= t <= T -> leads n mark f bound t.
Proof.
  intros slopes bound_slope turn start t time.
  assert (T_sign : 0 <= T) by lra.
  pose (good := fun s => 0 <= s <= T /\ forall r, 0 <= r <= s -> leads n mark f bound r).
  assert (zero_good : good 0).
  { split; [lra|]. intros r inside. replace r with 0 by lra. exact start. }
  destruct (completeness good) as [m [upper least]].
  { exists T. intros s [inside _]. lra. }
  { now exists 0. }
  assert (m_range : 0 <= m <= T).
  { split; [now apply upper | apply least; intros s [inside _]; lra]. }
  assert (before : forall s, 0 <= s < m -> leads n mark f bound s).
  { intros s [low high].
    destruct (Classical_Prop.classic (exists e, good e /\ s < e)) as [[e [[_ fine] later]]|none].
    - apply fine. lra.
    - exfalso. assert (m <= s); [|lra]. apply least. intros e fine.
      apply Rnot_lt_le. intros later. apply none. now exists e. }
  (* No function g may be above all marked ones, or meet the largest of them on its way down, if
     the leader was above g before m. *)
  assert (never : forall (g : R -> R) (w : R), 0 < m -> is_derive g m w ->
    (forall s, 0 <= s < m -> exists i, (i < n)%nat /\ mark i = true /\ g s < f i s) ->
    (forall i, (i < n)%nat -> mark i = true ->
       0 < g m - f i m \/ (g m - f i m = 0 /\ w - v i m < 0)) -> False).
  { intros g w positive dg led above.
    destruct (all_positive_before n
      (fun i s => if mark i then g s - f i s else 1)
      (fun i => if mark i then w - v i m else 0) m) as [r [sign ahead]].
    - intros i less. destruct (mark i).
      + apply (is_derive_minus (V := R_NormedModule)); [exact dg | apply slopes; [easy | lra]].
      + apply (is_derive_const (V := R_NormedModule)).
    - intros i less. destruct (mark i) eqn:marked; [now apply above | left; lra].
    - pose (s := Rmax (m / 2) (m - r / 2)).
      assert (s < m) by (apply Rmax_lub_lt; lra).
      assert (m / 2 <= s /\ m - r / 2 <= s) by (split; [apply Rmax_l | apply Rmax_r]).
      destruct (led s ltac:(lra)) as [i [less [marked under]]].
      specialize (ahead s ltac:(lra) i less). rewrite marked in ahead. lra. }
  assert (at_m : leads n mark f bound m).
  { destruct (proj1 m_range) as [positive|zero]; [|now rewrite <- zero].
    destruct (largest_marked n mark (fun i => f i m)) as [i [less [marked top]]].
    { destruct start as [i [less [marked _]]]. now exists i. }
    cbv beta in top.
    assert (bounded : forall k, (k < n)%nat -> mark k = false -> f k m <= f i m).
    { intros k k_less unmarked. apply Rnot_lt_le. intros above.
      apply (never (f k) (v k m)); [exact positive | apply slopes; [easy | lra] | |].
      - intros s inside. destruct (before s inside) as [j [j_less [j_marked [_ j_leads]]]].
        exists j. auto.
      - intros j j_less j_marked. left. specialize (top j j_less j_marked). lra. }
    assert (all : forall j, (j < n)%nat -> f j m <= f i m).
    { intros j j_less. destruct (mark j) eqn:j_mark; auto. }
    assert (high : bound m < f i m).
    { apply Rnot_le_lt. intros low.
      apply (never bound (slope m)); [exact positive | apply bound_slope; lra | |].
      - intros s inside. destruct (before s inside) as [j [j_less [j_marked [j_high _]]]].
        now exists j.
      - intros j j_less j_marked. specialize (top j j_less j_marked).
        destruct (Rlt_or_le (f j m) (bound m)) as [under|over]; [left; lra | right].
        split; [lra|]. destruct (turn m m_range j j_less j_marked) as [grows _].
        + intros l l_less. specialize (all l l_less). lra.
        + specialize (grows ltac:(lra)). lra. }
    exists i. repeat split; try assumption. intros k k_less unmarked.
    destruct (bounded k k_less unmarked) as [under|equal]; [exact under | exfalso].
    apply (never (f k) (v k m)); [exact positive | apply slopes; [easy | lra] | |].
    - intros s inside. destruct (before s inside) as [j [j_less [j_marked [_ j_leads]]]].
      exists j. auto.
    - intros j j_less j_marked. specialize (top j j_less j_marked).
      destruct (Rlt_or_le (f j m) (f k m)) as [under|over]; [left; lra | right].
      split; [lra|]. destruct (turn m m_range j j_less j_marked) as [_ parts].
      + intros l l_less. specialize (all l l_less). lra.
      + specialize (parts k k_less unmarked ltac:(lra) ltac:(lra)). lra. }
  assert (ends : m = T).
  { destruct (proj2 m_range) as [early|e]; [|exact e]. exfalso.
    destruct at_m as [i [less [marked [high ahead]]]].
    destruct (all_positive_around (S n)
      (fun k s => if Nat.eqb k n then f i s - bound s
                  else if mark k then 1 else f i s - f k s)
      (fun k => if Nat.eqb k n then v i m - slope m
                else if mark k then 0 else v i m - v k m) m) as [r [sign near]].
    { intros k k_less. destruct (Nat.eqb_spec k n) as [_|other].
      - apply (is_derive_minus (V := R_NormedModule));
          [apply slopes | apply bound_slope]; lra || easy.
      - destruct (mark k); [apply (is_derive_const (V := R_NormedModule))|].
        apply (is_derive_minus (V := R_NormedModule)); apply slopes; lia || lra. }
    { intros k k_less. destruct (Nat.eqb_spec k n) as [_|other]; [lra|].
      destruct (mark k) eqn:k_mark; [lra|]. specialize (ahead k ltac:(lia) k_mark). lra. }
    pose (s := Rmin T (m + r / 2)).
    assert (m < s) by (apply Rmin_glb_lt; lra).
    assert (s <= T /\ s <= m + r / 2) by (split; [apply Rmin_l | apply Rmin_r]).
    assert (fine : good s); [|specialize (upper s fine); lra].
    split; [lra|]. intros q inside. destruct (Rlt_or_le q m) as [earlier|later].
    - apply before. lra.
    - specialize (near q ltac:(rewrite Rabs_right; lra)).
      exists i. split; [exact less|]. split; [exact marked|]. split.
      + specialize (near n ltac:(lia)). rewrite PeanoNat.Nat.eqb_refl in near. lra.
      + intros k k_less unmarked. specialize (near k ltac:(lia)).
        rewrite unmarked in near. destruct (Nat.eqb_spec k n); [lia | lra]. }
  rewrite <- ends in time.
  destruct (proj2 time) as [earlier | ->]; [apply before; lra | exact at_m].
Qed.
