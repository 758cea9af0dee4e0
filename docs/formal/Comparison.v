(** * A comparison principle for finitely many functions

    Functions that start positive, and of which none can be the first to reach zero because
    its slope would be positive there, stay positive. *)

From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
From Lohe Require Import Vectors.
Open Scope R_scope.

(** What is positive at a time is positive around it. *)
Lemma positive_around (f : R -> R) (t v : R) :
  is_derive f t v -> 0 < f t -> exists r, 0 < r /\ forall s, Rabs (s - t) < r -> 0 < f s.
Proof.
  intros slope some.
  assert (smooth : continuous f t).
  { apply (ex_derive_continuous (K := R_AbsRing) (V := R_NormedModule)). now exists v. }
  destruct (smooth (fun y => 0 < y)) as [r near].
  - exists (mkposreal _ some). intros y close.
    apply Rabs_lt_between' in close. simpl in close. lra.
  - exists r. split; [apply cond_pos|]. intros s close. now apply near.
Qed.

(** The same around one time for finitely many functions. *)
Lemma all_positive_around n (f : nat -> R -> R) (v : nat -> R) (t : R) :
  (forall i, (i < n)%nat -> is_derive (f i) t (v i)) ->
  (forall i, (i < n)%nat -> 0 < f i t) ->
  exists r, 0 < r /\ forall s, Rabs (s - t) < r -> forall i, (i < n)%nat -> 0 < f i s.
Proof.
  induction n as [|n IH]; intros slopes some.
  { exists 1. split; [lra|]. intros; lia. }
  destruct IH as [r1 [sign1 near1]]; [intros i less; apply slopes; lia |
    intros i less; apply some; lia |].
  destruct (positive_around (f n) t (v n)) as [r2 [sign2 near2]];
    [apply slopes; lia | apply some; lia |].
  exists (Rmin r1 r2). split; [now apply Rmin_glb_lt|]. intros s close i less.
  pose proof (Rmin_l r1 r2). pose proof (Rmin_r r1 r2).
  destruct (PeanoNat.Nat.eq_dec i n) as [->|other].
  - apply near2. lra.
  - apply near1; [lra | lia].
Qed.

(** Just before a time of value zero and positive slope, the function is negative. *)
Lemma negative_before (f : R -> R) (t v : R) :
  is_derive f t v -> f t = 0 -> 0 < v ->
  exists r, 0 < r /\ forall s, t - r < s < t -> f s < 0.
Proof.
  intros slope none sign. apply is_derive_Reals in slope.
  destruct (slope v sign) as [[r r_sign] close]. simpl in close.
  exists r. split; [exact r_sign|]. intros s [low high].
  specialize (close (s - t) ltac:(lra)). rewrite Rabs_left in close by lra.
  specialize (close ltac:(lra)). rewrite none in close.
  replace (t + (s - t)) with s in close by ring. apply Rabs_lt_between in close.
  assert (quotient : 0 < (f s - 0) / (s - t)) by lra.
  apply (Rmult_lt_compat_r (t - s)) in quotient; [|lra].
  replace ((f s - 0) / (s - t) * (t - s)) with (- f s) in quotient by (field; lra). lra.
Qed.

Theorem stay_positive n (T : R) (f v : nat -> R -> R) :
  (forall i, (i < n)%nat -> forall t, 0 <= t <= T -> is_derive (f i) t (v i t)) ->
  (forall i, (i < n)%nat -> 0 < f i 0) ->
  (forall t, 0 <= t <= T -> (forall j, (j < n)%nat -> 0 <= f j t) ->
     forall i, (i < n)%nat -> f i t = 0 -> 0 < v i t) ->
  forall t, 0 <= t <= T -> forall i, (i < n)%nat -> 0 < f i t.
Proof.
  intros slopes start turn t time.
  assert (T_sign : 0 <= T) by lra.
  (* The times up to which all functions have stayed positive, and the last of them. *)
  pose (good := fun s => 0 <= s <= T /\ forall r, 0 <= r <= s ->
                         forall i, (i < n)%nat -> 0 < f i r).
  assert (zero_good : good 0).
  { split; [lra|]. intros r inside. replace r with 0 by lra. exact start. }
  destruct (completeness good) as [m [upper least]].
  { exists T. intros s [inside _]. lra. }
  { now exists 0. }
  assert (m_range : 0 <= m <= T).
  { split; [now apply upper | apply least; intros s [inside _]; lra]. }
  assert (before : forall s, 0 <= s < m -> forall i, (i < n)%nat -> 0 < f i s).
  { intros s [low high].
    destruct (Classical_Prop.classic (exists e, good e /\ s < e)) as [[e [[_ fine] later]]|none].
    - apply fine. lra.
    - exfalso. assert (m <= s); [|lra]. apply least. intros e fine.
      apply Rnot_lt_le. intros later. apply none. now exists e. }
  assert (at_m : forall i, (i < n)%nat -> 0 <= f i m).
  { intros i less. apply Rnot_lt_le. intros negative.
    destruct (proj1 m_range) as [positive|zero]; [|specialize (start i less); subst m; lra].
    destruct (positive_around (fun s => - f i s) m (- v i m)) as [r [sign near]].
    - apply (is_derive_opp (V := R_NormedModule)), slopes; [exact less | lra].
    - lra.
    - pose (s := Rmax (m / 2) (m - r / 2)).
      assert (s < m) by (apply Rmax_lub_lt; lra).
      assert (m / 2 <= s /\ m - r / 2 <= s) by (split; [apply Rmax_l | apply Rmax_r]).
      specialize (near s ltac:(rewrite Rabs_left1; lra)).
      specialize (before s ltac:(lra) i less). lra. }
  assert (positive_m : forall i, (i < n)%nat -> 0 < f i m).
  { intros i less. destruct (at_m i less) as [yes|zero]; [exact yes|]. exfalso.
    destruct (proj1 m_range) as [positive|none]; [|specialize (start i less); subst m; lra].
    destruct (negative_before (f i) m (v i m)) as [r [sign under]].
    - apply slopes; [exact less | lra].
    - lra.
    - apply turn; try easy; lra.
    - pose (s := Rmax (m / 2) (m - r / 2)).
      assert (s < m) by (apply Rmax_lub_lt; lra).
      assert (m / 2 <= s /\ m - r / 2 <= s) by (split; [apply Rmax_l | apply Rmax_r]).
      specialize (under s ltac:(lra)). specialize (before s ltac:(lra) i less). lra. }
  assert (m = T).
  { destruct (proj2 m_range) as [early|e]; [|exact e]. exfalso.
    destruct (all_positive_around n f (fun i => v i m) m) as [r [sign near]]; try easy.
    { intros i less. apply slopes; [exact less | lra]. }
    pose (s := Rmin T (m + r / 2)).
    assert (m < s) by (apply Rmin_glb_lt; lra).
    assert (s <= T /\ s <= m + r / 2) by (split; [apply Rmin_l | apply Rmin_r]).
    assert (fine : good s); [|specialize (upper s fine); lra].
    split; [lra|]. intros q inside. destruct (Rlt_or_le q m) as [earlier|later].
    - apply before. lra.
    - apply near. rewrite Rabs_right; lra. }
  subst m. destruct (proj2 time) as [earlier | ->]; [apply before; lra | exact positive_m].
Qed.
