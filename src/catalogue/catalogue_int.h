#pragma once
#include "catalogue/views.h"
#include "flow/flow.h"

str level_text(const struct lang *lang, str level);
void guide_fill(struct arena *a, const struct lang *lang, const struct flow_model *model,
                struct guide *g);
