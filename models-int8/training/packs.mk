# One target a pack. PYTHON and SCREENPOST_DATA may be set from outside.
PYTHON ?= .venv/bin/python
SCREENPOST_DATA ?= ../../../shared/data
export SCREENPOST_DATA
DR_D = --arrays fundus-384 --power 3 --mix --other 0.05 --natural 0.55 --equalised 0.25 --srahim 0.15 --lr 3e-4 --per-epoch 2400 --threads 2
DR_H = --power 3 --natural 0.55 --equalised 0.25 --srahim 0.15 --other 0.05
DR_R = --power 3 --natural 0.75 --equalised 0 --srahim 0.25 --other 0.05
F = $(SCREENPOST_DATA)/fundus/labels.csv
X = $(SCREENPOST_DATA)/cxr/labels.csv
U = $(SCREENPOST_DATA)/ultrasound/labels.csv
EVALUATE = node ../../dist/appliance/main.js evaluate --by origin

tb-chest:
	node preprocess.mjs recipes/tb-chest.json cxr-eq $(X)
	$(PYTHON) train_tb.py --run tb-c --epochs 7 --lr 6e-4 --outside 1.0 --arrays cxr-eq
	$(PYTHON) train_tb.py --run tb-g --epochs 6 --lr 6e-4 --outside 1.0 --arrays cxr-eq --seed 9
	$(PYTHON) train_painted.py chest --run tb-p --epochs 3
	$(PYTHON) train_painted.py chest --run tb-p2 --epochs 3 --seed 8
	$(PYTHON) train_tb.py --run tb-i --epochs 5 --lr 4e-4 --outside 1 --start tb-p
	$(PYTHON) train_tb.py --run tb-j --epochs 5 --lr 4e-4 --outside 1 --start tb-p2 --seed 9
	$(PYTHON) export.py tb-c tb-g tb-i tb-j --finder tb-p --finder-share 0.3 --name tb-committee6 --heads 2 --arrays cxr-eq --float-blocks 3
	$(PYTHON) pack.py tb-chest tb-committee6 --arrays cxr-eq --folder cxr --test
	node masks.mjs recipes/tb-chest.json cxr-masks $(X)
	$(PYTHON) faithfulness.py ../tb-chest/0.6.0 --arrays cxr-eq --folder cxr --masks cxr-masks
	node golden.mjs ../tb-chest/0.6.0
	$(EVALUATE) --csv $(X) --root $(dir $(X)) --pack tb-chest --where split=test --where origin=nlm-shenzhen --json work/tb-product.json
	$(PYTHON) facts.py ../tb-chest/0.6.0 --folder cxr --product work/tb-product.json --split test
	for seed in 7 8; do $(PYTHON) baseline.py tb --run base-tb-$$seed --seed $$seed || exit 1; done
	$(PYTHON) baseline.py tb --test base-tb-7 base-tb-8 --pack ../tb-chest/0.6.0 --arrays cxr-eq
	for fold in 0 1 2; do \
	  $(PYTHON) baseline.py tb --run cv-plain-tb-$$fold --fold $$fold && \
	  $(PYTHON) train_painted.py chest --run tb-paint-$$fold --fold $$fold && \
	  $(PYTHON) train_tb.py --run cv-mn-$$fold --fold $$fold --epochs 4 --lr 6e-4 --outside 1 && \
	  $(PYTHON) train_tb.py --run cv-mn9-$$fold --fold $$fold --epochs 4 --lr 6e-4 --outside 1 --seed 9 || exit 1; done
	$(PYTHON) baseline_folds.py tb --plain cv-plain-tb --recipe cv-mn:cxr-eq cv-mn9:cxr-eq --finder tb-paint:cxr-eq --pack ../tb-chest/0.6.0
	$(PYTHON) card.py ../tb-chest/0.6.0

# Why tb-chest has a finder with a share of 0.3: at a hospital left out, and at home in three folds. `train` and `val` only.
tb-finder:
	node preprocess.mjs recipes/tb-chest.json cxr-eq $(X)
	$(PYTHON) train_painted.py chest --run tb-paint-lho --epochs 5 --without-shenzhen
	$(PYTHON) train_painted.py chest --run tb-paint-lho-8 --epochs 4 --lr 3e-4 --seed 8 --without-shenzhen
	$(PYTHON) train_tb.py --run tb-lho-p2 --epochs 3 --lr 3e-4 --start tb-paint-lho --without-shenzhen
	for finder in tb-paint-lho tb-paint-lho-8; do $(PYTHON) finder_share.py tb-lho-p2 --finder $$finder || exit 1; done
	for fold in 0 1 2; do \
	  $(PYTHON) train_painted.py chest --run tb-paint-$$fold --fold $$fold && \
	  $(PYTHON) train_tb.py --run cv-mn-$$fold --fold $$fold --epochs 4 --lr 6e-4 --outside 1 && \
	  $(PYTHON) train_tb.py --run cv-tb-q$$fold --fold $$fold --epochs 4 --lr 4e-4 --outside 1 --start tb-paint-$$fold && \
	  $(PYTHON) finder_share.py cv-mn-$$fold cv-tb-q$$fold --finder tb-paint-$$fold --fold $$fold || exit 1; done

dr-fundus: dr-views
	node preprocess.mjs recipes/experiments/dr-288.json fundus-eq $(F)
	node preprocess.mjs recipes/experiments/dr-384.json fundus-384 $(F)
	node preprocess.mjs recipes/experiments/dr-raw-288.json fundus-raw $(F)
	node preprocess.mjs recipes/experiments/dr-raw-384.json fundus-raw-384 $(F)
	node preprocess.mjs recipes/dr-fundus.json fundus-both $(F)
	$(PYTHON) train_dr.py --run dr-a --epochs 8 --per-epoch 2000 --arrays fundus-eq
	$(PYTHON) train_dr.py --run dr-d --epochs 8 --stop 2 $(DR_D) --start dr-a
	$(PYTHON) train_dr.py --run dr-d --epochs 5 --rounded $(DR_D) --start dr-a
	$(PYTHON) train_dr.py --run dr-h1 $(DR_H) --arrays fundus-eq --epochs 6 --per-epoch 2000 --lr 4e-4 --seed 10
	$(PYTHON) train_dr.py --run dr-h $(DR_H) --arrays fundus-384 --epochs 3 --lr 3e-4 --mix --rounded --seed 11 --start dr-h1
	$(PYTHON) train_dr.py --run dr-ra-1 $(DR_R) --arrays fundus-raw --epochs 5 --per-epoch 2000 --lr 5e-4 --seed 12
	$(PYTHON) train_dr.py --run dr-ra $(DR_R) --arrays fundus-raw-384 --epochs 3 --lr 3e-4 --mix --rounded --seed 13 --start dr-ra-1
	$(PYTHON) train_dr.py --run dr-rb-1 $(DR_R) --arrays fundus-raw --epochs 5 --per-epoch 2000 --lr 5e-4 --seed 14
	$(PYTHON) train_dr.py --run dr-rb $(DR_R) --arrays fundus-raw-384 --epochs 3 --lr 3e-4 --mix --rounded --seed 15 --start dr-rb-1
	$(PYTHON) committee.py dr-d dr-h --as-taken dr-ra dr-rb --rounded --arrays fundus-both
	$(PYTHON) export.py dr-d dr-h --as-taken dr-ra dr-rb --name dr-committee4 --heads 4 --quality --arrays fundus-both --images 64 --rounded --float-blocks 3
	$(PYTHON) pack.py dr-fundus dr-committee4 --arrays fundus-both --folder fundus --cleared dr-views --test
	$(PYTHON) faithfulness.py ../dr-fundus/0.6.0 --arrays fundus-both --folder fundus --most 30
	node golden.mjs ../dr-fundus/0.6.0
	$(EVALUATE) --csv $(F) --root $(dir $(F)) --pack dr-fundus --where split=test --where origin=eyepacs-natural --by quality --json work/dr-product.json
	$(PYTHON) facts.py ../dr-fundus/0.6.0 --folder fundus --product work/dr-product.json --split test
	for seed in 7 8; do $(PYTHON) baseline.py dr --run base-dr-$$seed --seed $$seed || exit 1; done
	$(PYTHON) baseline.py dr --test base-dr-7 base-dr-8 --pack ../dr-fundus/0.6.0 --arrays fundus-both
	for fold in 0 1 2; do $(PYTHON) baseline.py dr --run cv-plain-dr-$$fold --fold $$fold || exit 1; done
	$(PYTHON) baseline_folds.py dr --plain cv-plain-dr --recipe cv-eq:fundus-eq cv-raw:fundus-raw --pack ../dr-fundus/0.6.0
	$(PYTHON) card.py ../dr-fundus/0.6.0

# Why dr-fundus looks at the photograph twice: in three folds over `train` and `val`.
dr-views:
	node preprocess.mjs recipes/experiments/dr-288.json fundus-eq $(F)
	node preprocess.mjs recipes/experiments/dr-raw-288.json fundus-raw $(F)
	for fold in 0 1 2; do \
	  $(PYTHON) train_dr.py --run cv-eq-$$fold --fold $$fold --epochs 3 --lr 6e-4 && \
	  $(PYTHON) train_dr.py --run cv-raw-$$fold --fold $$fold --epochs 3 --lr 6e-4 --arrays fundus-raw --natural 0.75 --equalised 0 --srahim 0.25 || exit 1; done
	$(PYTHON) dr_views.py --equalised cv-eq --as-taken cv-raw

image-gate:
	node preprocess.mjs recipes/image-gate.json gate $(F) $(X) $(U)
	node preprocess.mjs recipes/image-gate-source.json gate-source $(F) $(X) $(U)
	node phantoms.mjs recipes/image-gate-source.json phantoms-source 110 1000
	node phantoms.mjs recipes/image-gate.json phantoms-gate 40 1
	node dicom.mjs recipes/image-gate.json dicom-gate $(SCREENPOST_DATA)/dicom-samples/labels.csv
	$(PYTHON) train_gate.py --run gate-f
	$(PYTHON) export.py gate-f --heads 8 --arrays gate --images 96
	$(PYTHON) pack_gate.py gate-f --test
	$(PYTHON) facts.py ../image-gate/0.4.0 --folder fundus --folder cxr --folder ultrasound
	node golden.mjs ../image-gate/0.4.0 && $(PYTHON) card.py ../image-gate/0.4.0

lung-ultrasound:
	node preprocess.mjs recipes/lung-ultrasound.json lus $(U)
	$(PYTHON) train_lus.py --run lus-a --rounded
	$(PYTHON) train_lus.py --run lus-b --painted 0.4 --rounded
	$(PYTHON) train_lus.py --run lus-c --painted 0.25 --epochs 10 --seed 8 --rounded
	for fold in 0 1 2 3 4; do \
	  $(PYTHON) train_lus.py --run lus-fold-a-$$fold --fold $$fold --rounded && \
	  $(PYTHON) train_lus.py --run lus-fold-b-$$fold --fold $$fold --painted 0.4 --rounded && \
	  $(PYTHON) train_lus.py --run lus-fold-c-$$fold --fold $$fold --painted 0.25 --epochs 10 --seed 8 --rounded || exit 1; done
	$(PYTHON) export.py lus-a lus-b lus-c --name lus-committee --heads 2 --arrays lus --images 64 --rounded --float-blocks 5
	$(PYTHON) lus_folds.py lus-fold-a lus-fold-b lus-fold-c --name lus-folds
	$(PYTHON) pack.py lung-ultrasound lus-committee --arrays lus --folder ultrasound --folds lus-folds --test
	$(PYTHON) faithfulness.py ../lung-ultrasound/0.4.0 --arrays lus --folder ultrasound
	node golden.mjs ../lung-ultrasound/0.4.0
	$(PYTHON) lus_labels.py
	$(EVALUATE) --csv work/lus-labels.csv --root $(dir $(U)) --pack lung-ultrasound --where split=test --truth lus-consolidation=consolidation:yes --truth lus-interstitial=B-lines:yes --json work/lus-product.json
	$(PYTHON) facts.py ../lung-ultrasound/0.4.0 --folder ultrasound --origins pocus-image,pocus-video --product work/lus-product.json --split test
	$(PYTHON) card.py ../lung-ultrasound/0.4.0

# Ideas one at a time against a baseline, for both screening packs: small, resumable (lines of ablations.jsonl, scores in work/ablate).
ablations:
	node preprocess.mjs recipes/tb-chest.json cxr-eq $(X)
	node masks.mjs recipes/tb-chest.json cxr-masks $(X)
	node preprocess.mjs recipes/experiments/dr-224.json fundus-224 $(F)
	node preprocess.mjs recipes/experiments/dr-384.json fundus-384 $(F)
	$(PYTHON) ablate.py tb-chest && $(PYTHON) ablate_table.py tb-chest
	$(PYTHON) ablate.py dr-fundus && $(PYTHON) ablate_table.py dr-fundus

.PHONY: ablations tb-chest tb-finder dr-fundus dr-views image-gate lung-ultrasound
