(** * T6: how fast the gaps to a resting point change

    Along the motions of a network without frequencies, the gap 1 - <x_i, z_i> of the oscillator
    that is farthest from a resting point falls where it follows what it feels there, and grows
    where it opposes it. *)

From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
From Lohe Require Import Vectors Curves Settling Contraction Crosstalk Comparison.
Open Scope R_scope.

(** The motion x_i' = g_i - <x_i, g_i> x_i on [[0, T]], on the unit spheres. *)
Definition coupled_motion (n d : nat) (J : nat -> nat -> R) (h : state) (T : R)
    (X : R -> state) : Prop :=
  (forall i, (i < n)%nat ->
     moves d T (fun t => X t i) (fun t => velocity d (felt n J h (X t) i) (X t i))) /\
  (forall t, 0 <= t <= T -> forall i, (i < n)%nat -> unit_vector d (X t i)).

(** How far oscillator i is from rest: 1 - <x_i, z_i> = |x_i - z_i|^2 / 2. *)
Definition gap (d : nat) (Z X : state) (i : nat) : R := 1 - dot d (X i) (Z i).

Section Gaps.
Context {n d : nat} (J : nat -> nat -> R) (h Z : state) (signs : nat -> R).
Local Notation s := (row_sum n J).
Hypothesis strong : forall i, (i < n)%nat -> 2 * s i < norm d (h i).
Hypothesis pattern : sign_pattern n signs.
Hypothesis rests : network_rests n d J h Z.
Hypothesis has : has_signs n d J h signs Z.
Local Notation l i := (norm d (felt n J h Z i)).

Lemma rest_unit i : (i < n)%nat -> unit_vector d (Z i).
Proof. intros small. now apply rests. Qed.

Lemma level_beats_row i : (i < n)%nat -> s i < l i.
Proof.
  intros small.
  pose proof (felt_is_long (d := d) J h Z i (rests_inside J h Z rests)).
  specialize (strong i small). lra.
Qed.

(** At rest, what is felt is plus or minus its norm along z_i. *)
Lemma felt_along i : (i < n)%nat -> same d (felt n J h Z i) (scale (signs i * l i) (Z i)).
Proof.
  intros small c few.
  assert (some : 0 < l i).
  { pose proof (level_beats_row i small). pose proof (row_sum_nonneg (n := n) J i). lra. }
  unfold scale. rewrite (has i small c few). unfold aimed, direction, scale.
  destruct (pattern i small) as [-> | ->]; field; lra.
Qed.

(** Where no oscillator is farther off than i, its gap grows or falls at least so fast. *)
Lemma gap_speed (X : state) i :
  (i < n)%nat -> (forall k, (k < n)%nat -> unit_vector d (X k)) ->
  (forall k, (k < n)%nat -> gap d Z X k <= gap d Z X i) ->
  let speed := - dot d (velocity d (felt n J h X i) (X i)) (Z i) in
  let f := gap d Z X i in
  Rabs (speed + signs i * l i * (f * (2 - f))) <= 2 * s i * f.
Proof.
  intros small on_spheres farthest speed f.
  pose proof (on_spheres i small) as on_x. pose proof (rest_unit i small) as on_z.
  set (x := X i) in *. set (z := Z i) in *. set (c := dot d x z).
  assert (f_c : f = 1 - c) by reflexivity.
  assert (c_range : -1 <= c <= 1).
  { pose proof (cauchy_schwarz (d := d) x z) as cs. rewrite on_x, on_z in cs. fold c in cs. nra. }
  set (e := sub (felt n J h X i) (felt n J h Z i)).
  set (y := sub z (scale c x)).
  assert (exact : speed + signs i * l i * (f * (2 - f)) = - dot d e y).
  { unfold speed, velocity, e, y. fold x z.
    rewrite !dot_sub_l, !dot_sub_r, !dot_scale_l, !dot_scale_r.
    rewrite !(dot_ext (felt n J h Z i) (scale (signs i * l i) z) _ _
                (felt_along i small) (fun _ _ => eq_refl)).
    rewrite !dot_scale_l, on_z, (dot_comm z x), (dot_comm x (felt n J h X i)). fold c.
    rewrite f_c. ring. }
  rewrite exact, Rabs_Ropp.
  assert (root : sqrt (2 * f) * sqrt (2 * f) = 2 * f) by (apply sqrt_sqrt; lra).
  assert (e_short : norm d e <= s i * sqrt (2 * f)).
  { unfold e. rewrite (norm_ext _ (fun c => total n (fun k => J i k * sub (X k) (Z k) c))).
    - apply (weighted_sum_bound n (J i) (fun k => sub (X k) (Z k))). intros k less.
      apply norm_le; [apply sqrt_pos|]. rewrite root, dot_difference.
      rewrite (on_spheres k less), (rest_unit k less).
      specialize (farthest k less). unfold gap in farthest at 1. fold f in farthest. lra.
    - intros b _. unfold felt, heard, sub, add.
      rewrite (total_ext n (fun k => J i k * (X k b - Z k b))
        (fun k => J i k * X k b - J i k * Z k b)) by (intros; ring).
      rewrite total_minus. ring. }
  assert (y_short : norm d y <= sqrt (2 * f)).
  { apply norm_le; [apply sqrt_pos|]. unfold y.
    rewrite root, dot_difference, !dot_scale_r, dot_scale_l, on_x, on_z, (dot_comm z x).
    fold c. nra. }
  pose proof (dot_le_norms (d := d) e y). pose proof (dot_ge_norms (d := d) e y).
  pose proof (norm_nonneg (d := d) e). pose proof (norm_nonneg (d := d) y).
  pose proof (row_sum_nonneg (n := n) J i).
  assert (norm d e * norm d y <= s i * sqrt (2 * f) * sqrt (2 * f)) by
    (apply Rmult_le_compat; assumption).
  replace (2 * s i * f) with (s i * sqrt (2 * f) * sqrt (2 * f)) by
    (rewrite Rmult_assoc, root; ring).
  apply Rabs_le. lra.
Qed.

(** A margin that all oscillators keep near rest. *)
Lemma common_margin :
  exists b, 0 < b < 1 /\ forall i, (i < n)%nat -> b < l i * (2 - b) - 2 * s i.
Proof.
  destruct (all_positive_around n (fun i b => l i * (2 - b) - 2 * s i - b)
    (fun i => - l i - 1) 0) as [r [sign near]].
  - intros i small. auto_derive; [easy | ring].
  - intros i small. pose proof (level_beats_row i small). lra.
  - exists (Rmin (r / 2) (1 / 2)).
    assert (0 < Rmin (r / 2) (1 / 2)) by (apply Rmin_glb_lt; lra).
    pose proof (Rmin_l (r / 2) (1 / 2)). pose proof (Rmin_r (r / 2) (1 / 2)).
    split; [lra|]. intros i small.
    specialize (near (Rmin (r / 2) (1 / 2)) ltac:(rewrite Rabs_right; lra) i small). lra.
Qed.

Lemma gap_slope (T : R) (X : R -> state) i t :
  coupled_motion n d J h T X -> (i < n)%nat -> 0 <= t <= T ->
  is_derive (fun t => gap d Z (X t) i) t
    (- dot d (velocity d (felt n J h (X t) i) (X t i)) (Z i)).
Proof.
  intros [moved _] small inside. unfold gap. evar_last.
  - apply (is_derive_minus (V := R_NormedModule)).
    + apply (is_derive_const (V := R_NormedModule)).
    + apply (is_derive_dot_fixed d (fun t => X t i)), (moved i small t inside).
  - unfold minus, plus, opp, Hierarchy.zero; simpl. ring.
Qed.

Lemma gap_nonneg (X : state) i :
  (i < n)%nat -> unit_vector d (X i) -> 0 <= gap d Z X i <= 2.
Proof.
  intros small on_x. pose proof (rest_unit i small) as on_z. unfold gap.
  pose proof (cauchy_schwarz (d := d) (X i) (Z i)) as cs. rewrite on_x, on_z in cs. nra.
Qed.
End Gaps.
