/* SPDX-License-Identifier: MIT */
/* The grammar: program, step, marks. Arguments are read in arguments.c, the sense is checked in
 * check.c. */
#include "model/lang/parse.h"

#include "model/lang/text.h"
#include "model/lang/verbs.h"

enum { QUOTED = 20 }; /* characters of a word that an error quotes */

bool parse_fail(struct program_error *error, unsigned column, const char *what,
		const struct word *found)
{
	struct text t = text_start(error->text, sizeof(error->text));

	error->column = column;
	text_string(&t, what);
	if (!found)
		return false;
	if (word_is_end(found)) {
		text_string(&t, ", not the end");
		return false;
	}
	text_string(&t, ", not '");
	for (unsigned i = 0; i < QUOTED && found->start + i < found->end; i++) {
		char c = found->start[i];

		text_char(&t, c > ' ' && c < 0x7f ? c : '?');
	}
	text_string(&t, found->end - found->start > QUOTED ? "...'" : "'");
	return false;
}

static bool parse_verb(struct parser *p, struct step *step)
{
	struct word word = lexer_next(&p->lexer);

	if (word_is(&word, "look")) {
		if (p->look > OP_FETCH)
			return parse_fail(
				p->error, word.column,
				"'look' stands for load, store or fetch: write one of them", NULL);
		step->op = (uint8_t)p->look;
		return true;
	}
	for (unsigned op = 0; op < NR_OPS; op++) {
		if (word_is(&word, verbs[op].name)) {
			step->op = (uint8_t)op;
			return true;
		}
	}
	return parse_fail(p->error, word.column, "expected a step such as 'load w0'", &word);
}

static uint16_t way_flag(unsigned way)
{
	switch (way) {
	case WAY_USER: return BY_USER;
	case WAY_IO: return BY_EMULATOR;
	case WAY_FEP: return BY_FEP;
	case WAY_UNPAGED: return BY_UNPAGED;
	case WAY_SAVE: return BY_SAVE;
	default: return BY_STORES;
	}
}

/* `by` and a way that the verb knows */
static bool parse_way(struct parser *p, struct step *step)
{
	struct word word;

	if (!lexer_take(&p->lexer, "by"))
		return true;
	word = lexer_next(&p->lexer);
	for (uint8_t way = WAY_PLAIN + 1; way < NR_WAYS; way++) {
		if (word_is(&word, way_names[way]) && (verbs[step->op].flags & way_flag(way))) {
			step->way = way;
			return true;
		}
	}
	return parse_fail(p->error, word.column,
			  "no way to carry this step out ('by': see model/program.h)", &word);
}

/* `irq`, `fresh`, `either` */
static bool parse_marks(struct parser *p, struct step *step)
{
	struct word word = lexer_peek(&p->lexer);

	if (word_is(&word, "irq")) {
		if (!(verbs[step->op].flags & CAN_IRQ))
			return parse_fail(p->error, word.column,
					  "only a flush or 'pcpu' in L2 takes 'irq'", NULL);
		step->irq = true;
		lexer_next(&p->lexer);
		word = lexer_peek(&p->lexer);
	}
	if (word_is(&word, "fresh"))
		step->expect = EXPECT_FRESH;
	else if (word_is(&word, "either"))
		step->expect = EXPECT_EITHER;
	if (step->expect == EXPECT_NOTHING)
		return true;
	if (!op_is_look(step->op))
		return parse_fail(p->error, word.column, "only a look has an expected result",
				  NULL);
	lexer_next(&p->lexer);
	return true;
}

static bool parse_step(struct parser *p, struct step *step)
{
	struct word word = lexer_peek(&p->lexer);

	*step = (struct step){.column = word.column};
	step->flush = lexer_take(&p->lexer, "!");
	if (!parse_verb(p, step))
		return false;
	if (step->flush && !(verbs[step->op].flags & CAN_FLUSH))
		return parse_fail(p->error, step->column,
				  "'!' marks a flush, and this step is none", NULL);
	return parse_arguments(p, step) && parse_way(p, step) && parse_marks(p, step);
}

static bool parse_program(struct parser *p, struct program *program)
{
	struct word word;

	do {
		word = lexer_peek(&p->lexer);
		if (word_is_end(&word) && program->nr_steps)
			return true; /* behind a last ';' */
		if (program->nr_steps == program->room)
			return parse_fail(p->error, word.column,
					  "more steps than there is room for", NULL);
		if (!parse_step(p, &program->step[program->nr_steps]))
			return false;
		program->nr_steps++;
		word = lexer_next(&p->lexer);
	} while (word_is(&word, ";"));
	if (word_is_end(&word))
		return true;
	return parse_fail(p->error, word.column, "expected ';' behind a step", &word);
}

unsigned program_room(const char *text)
{
	unsigned steps = 1;

	for (; *text; text++)
		steps += *text == ';';
	return steps;
}

bool program_parse(const char *text, enum op look, struct program *program,
		   struct program_error *error)
{
	struct parser p = {.lexer = {.text = text, .next = text}, .look = look, .error = error};

	*error = (struct program_error){0};
	program->nr_steps = 0;
	return parse_program(&p, program) && program_check(program, false, error) &&
	       program_check(program, true, error);
}
