(** * T6: the stable resting point

    Where every drive is more than twice its row of crosstalk, the resting point at which every
    oscillator follows what it feels attracts a neighbourhood exponentially. *)

From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
From Lohe Require Import Vectors Curves Settling Contraction Crosstalk Comparison Gaps.
Open Scope R_scope.

Section Stability.
Context {n d : nat} (J : nat -> nat -> R) (h Z : state) (signs : nat -> R).
Local Notation s := (row_sum n J).
Hypothesis strong : forall i, (i < n)%nat -> 2 * s i < norm d (h i).
Hypothesis pattern : sign_pattern n signs.
Hypothesis rests : network_rests n d J h Z.
Hypothesis has : has_signs n d J h signs Z.
Local Notation l i := (norm d (felt n J h Z i)).

(** T6, the stable resting point: if ‖h_i‖ > 2s_i for all i and all signs are plus, there is b > 0
    such that every motion whose gaps 1 − ⟨x_i, z_i⟩ start at most at M < b keeps them at most at
    M e^(−bt). *)
Theorem plus_point_attracts :
  (forall i, (i < n)%nat -> signs i = 1) ->
  exists b, 0 < b /\ forall (T M : R) (X : R -> state),
    coupled_motion n d J h T X -> 0 <= M < b ->
    (forall i, (i < n)%nat -> gap d Z (X 0) i <= M) ->
    forall t, 0 <= t <= T -> forall i, (i < n)%nat -> gap d Z (X t) i <= M * exp (- b * t).
Proof.
  intros all_plus. destruct (common_margin J h Z strong rests) as [b [[b_low b_high] margin]].
  exists b. split; [exact b_low|]. intros T M X motion M_range start t time i small.
  assert (below : forall m, M < m < b -> gap d Z (X t) i < m * exp (- b * t)).
  { intros m m_range. apply Rminus_gt_0_lt, Rlt_gt.
    apply (stay_positive n T (fun i t => m * exp (- b * t) - gap d Z (X t) i)
      (fun i t => - b * (m * exp (- b * t))
                  - - dot d (velocity d (felt n J h (X t) i) (X t i)) (Z i)));
      try assumption.
    - intros k less r inside.
      assert (decay : is_derive (fun r => m * exp (- b * r)) r (- b * (m * exp (- b * r)))).
      { auto_derive; [easy | ring]. }
      apply (is_derive_minus (V := R_NormedModule)); [exact decay | now apply (gap_slope J h Z T)].
    - intros k less. rewrite Rmult_0_r, exp_0. specialize (start k less). lra.
    - intros r inside within k less edge.
      assert (top_sign : 0 < m * exp (- b * r)).
      { apply Rmult_lt_0_compat; [lra | apply exp_pos]. }
      assert (top_high : m * exp (- b * r) <= m).
      { assert (exp (- b * r) <= 1); [|nra]. rewrite <- exp_0.
        destruct (Req_dec r 0) as [-> | later]; [rewrite Rmult_0_r; lra|].
        left. apply exp_increasing. nra. }
      pose proof (gap_speed J h Z signs strong pattern rests has (X r) k less
                    (proj2 motion r inside)) as speed. cbv zeta in speed.
      specialize (speed ltac:(intros j few; specialize (within j few); lra)).
      rewrite (all_plus k less) in speed. apply Rabs_le_between in speed.
      specialize (margin k less). pose proof (level_beats_row J h Z strong rests k less).
      pose proof (row_sum_nonneg (n := n) J k).
      set (f := gap d Z (X r) k) in *. replace (m * exp (- b * r)) with f in * by lra.
      assert (b * f < (l k * (2 - f) - 2 * s k) * f); [|nra].
      apply Rmult_lt_compat_r; [exact top_sign|]. nra. }
  pose proof (exp_pos (- b * t)) as e_sign. set (e := exp (- b * t)) in *.
  apply Rnot_lt_le. intros above.
  specialize (below (Rmin ((M + b) / 2) (gap d Z (X t) i / e))).
  assert (M < gap d Z (X t) i / e).
  { apply (Rmult_lt_reg_r e); [exact e_sign|]. unfold Rdiv.
    rewrite Rmult_assoc, Rinv_l by lra. lra. }
  assert (M < Rmin ((M + b) / 2) (gap d Z (X t) i / e)) by (apply Rmin_glb_lt; lra).
  pose proof (Rmin_l ((M + b) / 2) (gap d Z (X t) i / e)).
  pose proof (Rmin_r ((M + b) / 2) (gap d Z (X t) i / e)) as small_top.
  specialize (below ltac:(lra)).
  apply (Rmult_le_compat_r e) in small_top; [|lra].
  replace (gap d Z (X t) i / e * e) with (gap d Z (X t) i) in small_top by (field; lra). lra.
Qed.
End Stability.
