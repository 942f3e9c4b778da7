import content.models.pages
import django.core.validators
import django.db.models.deletion
import modelcluster.fields
import modelsearch.index
import wagtail.fields
import wagtail.models.preview
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('people', '0001_initial'),
        ('wagtailcore', '0098_apitoken'),
        ('wagtaildocs', '0014_alter_document_file_size'),
        ('wagtailimages', '0027_image_description'),
        ('wagtailmedia', '0005_alter_media_options'),
    ]

    operations = [
        migrations.CreateModel(
            name='CourseIndexPage',
            fields=[
                ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                ('lead', models.TextField(blank=True, verbose_name='lead')),
            ],
            options={
                'verbose_name': 'list of courses',
                'verbose_name_plural': 'lists of courses',
                'indexes': [],
                'constraints': [],
            },
            bases=('wagtailcore.page',),
        ),
        migrations.CreateModel(
            name='CoursePage',
            fields=[
                ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                ('key', models.SlugField(default=content.models.pages.new_key, max_length=40, unique=True, verbose_name='key')),
                ('bit', models.PositiveSmallIntegerField(editable=False, unique=True, validators=[django.core.validators.MaxValueValidator(62)])),
                ('number', models.PositiveSmallIntegerField(verbose_name='number')),
                ('short_title', models.CharField(max_length=60, verbose_name='short title')),
                ('summary', models.TextField(blank=True, verbose_name='summary')),
                ('aims', wagtail.fields.StreamField([('aim', 0)], blank=True, block_lookup={0: ('content.blocks.streams.AimBlock', (), {'max_length': 300})}, verbose_name='aims')),
                ('audience', models.CharField(blank=True, max_length=300, verbose_name='for whom')),
                ('edition', models.CharField(choices=[('first', 'Being written'), ('second', 'Complete')], default='first', max_length=6, verbose_name='edition')),
                ('online_periods', models.PositiveSmallIntegerField(default=5, verbose_name='online periods (45 minutes)')),
                ('class_periods', models.PositiveSmallIntegerField(default=3, verbose_name='class periods (45 minutes)')),
                ('class_plan', wagtail.fields.StreamField([('step', 3)], blank=True, block_lookup={0: ('wagtail.blocks.IntegerBlock', (), {'label': 'Minutes', 'max_value': 240, 'min_value': 1}), 1: ('wagtail.blocks.CharBlock', (), {'label': 'What is done', 'max_length': 300}), 2: ('wagtail.blocks.IntegerBlock', (), {'label': 'Class period', 'max_value': 40, 'min_value': 1}), 3: ('wagtail.blocks.StructBlock', [[('minutes', 0), ('text', 1), ('period', 2)]], {})}, verbose_name='class plan')),
                ('class_notes', models.TextField(blank=True, verbose_name='notes for the trainer')),
                ('class_size_max', models.PositiveSmallIntegerField(default=30, verbose_name='largest class')),
                ('pass_mark_percent', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)], verbose_name='pass mark (%)')),
                ('attendance_percent', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(100)], verbose_name='periods to attend (%)')),
                ('certificate_mode', models.CharField(choices=[('on_completion', 'On completion'), ('by_decision', 'By decision of the department')], default='on_completion', max_length=14, verbose_name='certificate')),
                ('gates', modelcluster.fields.ParentalManyToManyField(blank=True, related_name='opens', to='content.coursepage', verbose_name='courses to complete first')),
            ],
            options={
                'verbose_name': 'course',
                'verbose_name_plural': 'courses',
                'constraints': [models.CheckConstraint(condition=models.Q(('bit__lte', 62)), name='content_coursepage_bit_range')],
                'indexes': [],
            },
            bases=('wagtailcore.page',),
        ),
        migrations.CreateModel(
            name='CourseVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('body', models.JSONField()),
                ('sha256', models.CharField(max_length=64)),
                ('published_at', models.DateTimeField()),
                ('published_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('course', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='content.coursepage')),
                ('refresher_due_on', models.DateField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'version of a course',
                'verbose_name_plural': 'versions of courses',
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='content_courseversion_number_from_one'), models.UniqueConstraint(fields=('course', 'number'), name='content_courseversion_once')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='HomePage',
            fields=[
                ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                ('lead', models.TextField(blank=True, verbose_name='lead')),
                ('announcement', wagtail.fields.RichTextField(blank=True, verbose_name='announcement')),
                ('body', wagtail.fields.StreamField([('steps', 4), ('text', 6)], blank=True, block_lookup={0: ('wagtail.blocks.CharBlock', (), {'label': 'Title', 'max_length': 120}), 1: ('wagtail.blocks.TextBlock', (), {'label': 'Text', 'max_length': 400, 'rows': 2}), 2: ('wagtail.blocks.StructBlock', [[('title', 0), ('text', 1)]], {}), 3: ('wagtail.blocks.ListBlock', (2,), {'label': 'Steps', 'max_num': 3, 'min_num': 2}), 4: ('wagtail.blocks.StructBlock', [[('title', 0), ('steps', 3)]], {}), 5: ('wagtail.blocks.RichTextBlock', (), {'features': ['bold', 'italic', 'ol', 'ul', 'link', 'document-link'], 'label': 'Text'}), 6: ('wagtail.blocks.StructBlock', [[('title', 0), ('text', 5)]], {})}, verbose_name='body')),
            ],
            options={
                'verbose_name': 'home page',
                'verbose_name_plural': 'home pages',
                'indexes': [],
                'constraints': [],
            },
            bases=('wagtailcore.page',),
        ),
        migrations.CreateModel(
            name='LegalReference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(max_length=60, unique=True, verbose_name='key')),
                ('short_name', models.CharField(max_length=80, verbose_name='short name')),
                ('title', models.CharField(max_length=300, verbose_name='title')),
                ('number', models.CharField(blank=True, max_length=80, verbose_name='number')),
                ('issued_on', models.DateField(blank=True, null=True, verbose_name='issued on')),
                ('in_force_from', models.DateField(blank=True, null=True, verbose_name='in force from')),
                ('in_force_to', models.DateField(blank=True, null=True, verbose_name='last day in force')),
                ('status', models.CharField(choices=[('in_force', 'In force'), ('expired', 'No longer in force'), ('replaced', 'Replaced')], max_length=10, verbose_name='status')),
                ('replaced_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaces', to='content.legalreference', verbose_name='replaced by')),
                ('is_verified', models.BooleanField(default=False, verbose_name='status verified')),
                ('review_on', models.DateField(blank=True, null=True, verbose_name='next review')),
                ('note', models.TextField(blank=True, verbose_name='note')),
            ],
            options={
                'verbose_name': 'text of law',
                'verbose_name_plural': 'texts of law',
                'ordering': ['short_name'],
                'constraints': [models.CheckConstraint(condition=models.Q(('in_force_from__isnull', True), ('in_force_to__isnull', True), ('in_force_from__lte', models.F('in_force_to')), _connector='OR'), name='content_legalreference_dates_in_order', violation_error_message='The last day in force lies before the first.'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'replaced'), _negated=True), ('replaced_by__isnull', False), ('is_verified', False), _connector='OR'), name='content_legalreference_replaced_by_what', violation_error_message='Say which text replaces this one.')],
                'indexes': [],
            },
            bases=(modelsearch.index.Indexed, models.Model),
        ),
        migrations.CreateModel(
            name='LoadedSource',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=80, unique=True)),
                ('source_hash', models.CharField(max_length=64)),
                ('loaded_hash', models.CharField(max_length=64)),
                ('loaded_at', models.DateTimeField()),
            ],
            options={
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='ModulePage',
            fields=[
                ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                ('key', models.CharField(default=content.models.pages.new_key, max_length=40, unique=True, verbose_name='key')),
            ],
            options={
                'verbose_name': 'module',
                'verbose_name_plural': 'modules',
                'indexes': [],
                'constraints': [],
            },
            bases=('wagtailcore.page',),
        ),
        migrations.CreateModel(
            name='LessonPage',
            fields=[
                ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                ('key', models.CharField(default=content.models.pages.new_key, max_length=40, unique=True, verbose_name='key')),
                ('kind', models.CharField(choices=[('lesson', 'Lesson'), ('scenario', 'Case scenario')], default='lesson', max_length=8, verbose_name='kind')),
                ('summary', models.CharField(blank=True, max_length=300, verbose_name='summary')),
                ('minutes', models.PositiveSmallIntegerField(default=10, verbose_name='reading time (minutes)')),
                ('is_required', models.BooleanField(default=True, verbose_name='needed for completion')),
                ('edition', models.CharField(choices=[('first', 'Being written'), ('second', 'Complete')], default='first', max_length=6, verbose_name='edition')),
                ('body', wagtail.fields.StreamField([('content_warning', 1), ('heading', 2), ('paragraph', 6), ('key_point', 8), ('definition', 11), ('table', 15), ('legal_citation', 19), ('past_law', 21), ('checklist', 25), ('dos_and_donts', 30), ('fictional_example', 31), ('case_scenario', 43), ('self_check', 49), ('image', 53), ('video', 58), ('document', 61), ('self_care', 1)], blank=True, block_lookup={0: ('wagtail.blocks.TextBlock', (), {'label': 'Text', 'max_length': 800, 'rows': 3}), 1: ('wagtail.blocks.StructBlock', [[('text', 0)]], {}), 2: ('content.blocks.prose.HeadingBlock', (), {'max_length': 160}), 3: ('wagtail.blocks.RichTextBlock', (), {'features': ['bold', 'italic', 'ol', 'ul', 'link', 'document-link'], 'label': 'Text'}), 4: ('wagtail.blocks.BooleanBlock', (), {'help_text': 'Shown with a mark until a reviewer has read it.', 'label': 'Needs review', 'required': False}), 5: ('wagtail.blocks.CharBlock', (), {'help_text': 'Bullets of the curriculum or another source; learners do not see this.', 'label': 'Rests on', 'max_length': 200, 'required': False}), 6: ('wagtail.blocks.StructBlock', [[('text', 3), ('needs_review', 4), ('basis', 5)]], {}), 7: ('wagtail.blocks.TextBlock', (), {'label': 'Text', 'max_length': 600, 'rows': 2}), 8: ('wagtail.blocks.StructBlock', [[('text', 7), ('needs_review', 4), ('basis', 5)]], {}), 9: ('wagtail.blocks.CharBlock', (), {'label': 'Term', 'max_length': 120}), 10: ('wagtail.blocks.TextBlock', (), {'label': 'Meaning', 'max_length': 800, 'rows': 3}), 11: ('wagtail.blocks.StructBlock', [[('term', 9), ('text', 10), ('needs_review', 4), ('basis', 5)]], {}), 12: ('wagtail.blocks.CharBlock', (), {'label': 'Caption', 'max_length': 200}), 13: ('wagtail.blocks.CharBlock', (), {'help_text': 'Separated by |', 'label': 'Column headings', 'max_length': 400}), 14: ('wagtail.blocks.TextBlock', (), {'help_text': 'One row a line, the cells separated by |', 'label': 'Rows', 'rows': 6}), 15: ('wagtail.blocks.StructBlock', [[('caption', 12), ('header', 13), ('rows', 14), ('needs_review', 4), ('basis', 5)]], {}), 16: ('wagtail.snippets.blocks.SnippetChooserBlock', ('content.LegalReference',), {'label': 'Text of law'}), 17: ('wagtail.blocks.CharBlock', (), {'label': 'Article', 'max_length': 120, 'required': False}), 18: ('wagtail.blocks.TextBlock', (), {'help_text': 'In our own words; the reader is sent to the text itself.', 'label': 'Summary', 'max_length': 1200, 'rows': 3}), 19: ('wagtail.blocks.StructBlock', [[('reference', 16), ('article', 17), ('text', 18), ('needs_review', 4), ('basis', 5)]], {}), 20: ('wagtail.blocks.TextBlock', (), {'label': 'Text', 'max_length': 1200, 'rows': 3}), 21: ('wagtail.blocks.StructBlock', [[('text', 20), ('needs_review', 4), ('basis', 5)]], {}), 22: ('wagtail.blocks.CharBlock', (), {'label': 'Title', 'max_length': 160}), 23: ('wagtail.blocks.CharBlock', (), {'label': 'Line', 'max_length': 300}), 24: ('wagtail.blocks.ListBlock', (23,), {'label': 'Things to do', 'min_num': 1}), 25: ('wagtail.blocks.StructBlock', [[('title', 22), ('items', 24), ('needs_review', 4), ('basis', 5)]], {}), 26: ('wagtail.blocks.CharBlock', (), {'label': 'Heading of what to do', 'max_length': 80}), 27: ('wagtail.blocks.ListBlock', (23,), {'label': 'To do or say', 'min_num': 1}), 28: ('wagtail.blocks.CharBlock', (), {'label': 'Heading of what to avoid', 'max_length': 80}), 29: ('wagtail.blocks.ListBlock', (23,), {'label': 'To avoid', 'min_num': 1}), 30: ('wagtail.blocks.StructBlock', [[('do_title', 26), ('do', 27), ('dont_title', 28), ('dont', 29), ('needs_review', 4), ('basis', 5)]], {}), 31: ('wagtail.blocks.StructBlock', [[('title', 22), ('text', 3), ('needs_review', 4), ('basis', 5)]], {}), 32: ('wagtail.blocks.TextBlock', (), {'label': 'Story', 'rows': 6}), 33: ('wagtail.blocks.CharBlock', (), {'help_text': 'Given by the portal.', 'label': 'Key', 'max_length': 20, 'required': False}), 34: ('wagtail.blocks.TextBlock', (), {'label': 'Question', 'max_length': 600, 'rows': 2}), 35: ('wagtail.blocks.CharBlock', (), {'help_text': 'Given by the portal.', 'label': 'Letter', 'max_length': 8, 'required': False}), 36: ('wagtail.blocks.CharBlock', (), {'label': 'What one could do', 'max_length': 300}), 37: ('wagtail.blocks.BooleanBlock', (), {'label': 'A good choice', 'required': False}), 38: ('wagtail.blocks.TextBlock', (), {'label': 'Feedback', 'max_length': 800, 'rows': 2}), 39: ('wagtail.blocks.StructBlock', [[('key', 35), ('text', 36), ('is_correct', 37), ('feedback', 38)]], {}), 40: ('wagtail.blocks.ListBlock', (39,), {'label': 'Choices', 'max_num': 6, 'min_num': 2}), 41: ('wagtail.blocks.StructBlock', [[('key', 33), ('question', 34), ('options', 40)]], {}), 42: ('wagtail.blocks.ListBlock', (41,), {'label': 'Decisions', 'max_num': 12, 'min_num': 1}), 43: ('wagtail.blocks.StructBlock', [[('title', 22), ('story', 32), ('decisions', 42), ('needs_review', 4)]], {}), 44: ('wagtail.blocks.CharBlock', (), {'label': 'Answer', 'max_length': 300}), 45: ('wagtail.blocks.BooleanBlock', (), {'label': 'Correct', 'required': False}), 46: ('wagtail.blocks.TextBlock', (), {'label': 'Feedback', 'max_length': 600, 'rows': 2}), 47: ('wagtail.blocks.StructBlock', [[('text', 44), ('is_correct', 45), ('feedback', 46)]], {}), 48: ('wagtail.blocks.ListBlock', (47,), {'label': 'Answers', 'max_num': 6, 'min_num': 2}), 49: ('wagtail.blocks.StructBlock', [[('question', 34), ('options', 48), ('needs_review', 4), ('basis', 5)]], {}), 50: ('content.blocks.media.PictureChooserBlock', (), {'label': 'Image'}), 51: ('wagtail.blocks.CharBlock', (), {'help_text': 'What somebody who cannot see it needs to know.', 'label': 'Text instead of the image', 'max_length': 300}), 52: ('wagtail.blocks.CharBlock', (), {'label': 'Caption', 'max_length': 300, 'required': False}), 53: ('wagtail.blocks.StructBlock', [[('image', 50), ('alt_text', 51), ('caption', 52)]], {}), 54: ('wagtailmedia.blocks.VideoChooserBlock', (), {'label': 'Uploaded video', 'required': False}), 55: ('wagtail.blocks.URLBlock', (), {'help_text': 'YouTube, Vimeo or VTV; opens on tap.', 'label': 'or a link', 'required': False}), 56: ('wagtail.blocks.CharBlock', (), {'help_text': 'For example: 3 minutes, 9.6 MB', 'label': 'Length and size', 'max_length': 80, 'required': False}), 57: ('wagtail.blocks.RichTextBlock', (), {'features': ['bold', 'italic', 'ol', 'ul', 'link', 'document-link'], 'label': 'Transcript'}), 58: ('wagtail.blocks.StructBlock', [[('title', 22), ('video', 54), ('link', 55), ('size_note', 56), ('transcript', 57)]], {}), 59: ('wagtail.documents.blocks.DocumentChooserBlock', (), {'label': 'Document'}), 60: ('wagtail.blocks.CharBlock', (), {'label': 'Note', 'max_length': 200, 'required': False}), 61: ('wagtail.blocks.StructBlock', [[('document', 59), ('title', 22), ('note', 60)]], {})}, verbose_name='body')),
            ],
            options={
                'verbose_name': 'lesson',
                'verbose_name_plural': 'lessons',
                'indexes': [],
                'constraints': [],
            },
            bases=('wagtailcore.page',),
        ),
        migrations.CreateModel(
            name='LessonVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('body', models.JSONField()),
                ('sha256', models.CharField(max_length=64)),
                ('published_at', models.DateTimeField()),
                ('published_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('page', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='content.lessonpage')),
                ('title', models.CharField(max_length=255)),
            ],
            options={
                'verbose_name': 'version of a lesson',
                'verbose_name_plural': 'versions of lessons',
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='content_lessonversion_number_from_one'), models.UniqueConstraint(fields=('page', 'number'), name='content_lessonversion_once')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='VersionFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='content.lessonversion')),
                ('image', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wagtailimages.image')),
                ('document', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wagtaildocs.document')),
                ('media', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wagtailmedia.media')),
                ('sha256', models.CharField(max_length=64)),
            ],
            options={
                'verbose_name': 'file of a published lesson',
                'verbose_name_plural': 'files of published lessons',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('document__isnull', True), ('image__isnull', False), ('media__isnull', True)), models.Q(('document__isnull', False), ('image__isnull', True), ('media__isnull', True)), models.Q(('document__isnull', True), ('image__isnull', True), ('media__isnull', False)), _connector='OR'), name='content_versionfile_one_file')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='Question',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('latest_revision', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailcore.revision', verbose_name='latest revision')),
                ('live', models.BooleanField(default=True, editable=False, verbose_name='live')),
                ('has_unpublished_changes', models.BooleanField(default=False, editable=False, verbose_name='has unpublished changes')),
                ('first_published_at', models.DateTimeField(blank=True, db_index=True, null=True, verbose_name='first published at')),
                ('last_published_at', models.DateTimeField(editable=False, null=True, verbose_name='last published at')),
                ('live_revision', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailcore.revision', verbose_name='live revision')),
                ('go_live_at', models.DateTimeField(blank=True, null=True, verbose_name='go live date/time')),
                ('expire_at', models.DateTimeField(blank=True, null=True, verbose_name='expiry date/time')),
                ('expired', models.BooleanField(default=False, editable=False, verbose_name='expired')),
                ('key', models.SlugField(max_length=40, unique=True, verbose_name='code')),
                ('course', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='questions', to='content.coursepage')),
                ('module', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='questions', to='content.modulepage')),
                ('type', models.CharField(choices=[('SC', 'One answer'), ('MC', 'Several answers'), ('TF', 'True or false'), ('ORD', 'Put in order'), ('MAT', 'Match pairs'), ('SA', 'Short answer')], max_length=3, verbose_name='type')),
                ('stem', models.TextField(verbose_name='question')),
                ('is_true', models.BooleanField(blank=True, null=True, verbose_name='the statement is true')),
                ('explanation', models.TextField(verbose_name='explanation')),
                ('sources', models.CharField(blank=True, max_length=300, verbose_name='sources')),
                ('is_safety', models.BooleanField(default=False, verbose_name='about safety')),
                ('is_confidentiality', models.BooleanField(default=False, verbose_name='about confidentiality')),
                ('is_validity', models.BooleanField(default=False, verbose_name='about which law applies when')),
                ('in_force_from', models.DateField(blank=True, null=True, verbose_name='source in force from')),
                ('in_force_to', models.DateField(blank=True, null=True, verbose_name='source in force to')),
                ('review_on', models.DateField(blank=True, null=True, verbose_name='next review')),
                ('review_status', models.CharField(choices=[('reviewed', 'Reviewed'), ('needed', 'To be reviewed')], default='needed', max_length=10, verbose_name='review')),
                ('references', modelcluster.fields.ParentalManyToManyField(blank=True, related_name='questions', to='content.legalreference', verbose_name='texts of law')),
            ],
            options={
                'verbose_name': 'question',
                'verbose_name_plural': 'question bank',
                'ordering': ['key'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('is_true__isnull', False), ('type', 'TF')), models.Q(models.Q(('type', 'TF'), _negated=True), ('is_true__isnull', True)), _connector='OR'), name='content_question_true_false_answer', violation_error_message='Only a true-or-false question says whether it is true.')],
                'indexes': [],
            },
            bases=(wagtail.models.preview.PreviewableMixin, modelsearch.index.Indexed, models.Model),
        ),
        migrations.CreateModel(
            name='QuestionOption',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sort_order', models.IntegerField(blank=True, editable=False, null=True)),
                ('question', modelcluster.fields.ParentalKey(on_delete=django.db.models.deletion.CASCADE, related_name='options', to='content.question')),
                ('key', models.CharField(blank=True, max_length=8, verbose_name='letter')),
                ('text', models.CharField(max_length=500, verbose_name='text')),
                ('match_text', models.CharField(blank=True, max_length=500, verbose_name='matches')),
                ('is_correct', models.BooleanField(default=False, verbose_name='correct')),
            ],
            options={
                'verbose_name': 'option',
                'verbose_name_plural': 'options',
                'ordering': ['sort_order'],
                'abstract': False,
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='QuestionVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('body', models.JSONField()),
                ('sha256', models.CharField(max_length=64)),
                ('published_at', models.DateTimeField()),
                ('published_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('question', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='content.question')),
            ],
            options={
                'verbose_name': 'version of a question',
                'verbose_name_plural': 'versions of questions',
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='content_questionversion_number_from_one'), models.UniqueConstraint(fields=('question', 'number'), name='content_questionversion_once')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='QuizPage',
            fields=[
                ('page_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to=settings.WAGTAIL_PAGE_MODEL)),
                ('key', models.CharField(default=content.models.pages.new_key, max_length=40, unique=True, verbose_name='key')),
                ('quiz_kind', models.CharField(choices=[('pre', 'Pre-test'), ('practice', 'Practice'), ('post', 'Post-test')], max_length=8, verbose_name='kind')),
                ('question_count', models.PositiveSmallIntegerField(default=10, verbose_name='questions')),
                ('time_limit_minutes', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='time (minutes)')),
                ('matrix', models.JSONField(blank=True, default=dict, verbose_name='matrix')),
                ('fixed_questions', modelcluster.fields.ParentalManyToManyField(blank=True, related_name='fixed_in', to='content.question', verbose_name='fixed questions')),
            ],
            options={
                'verbose_name': 'quiz',
                'verbose_name_plural': 'quizzes',
                'indexes': [],
                'constraints': [],
            },
            bases=('wagtailcore.page',),
        ),
        migrations.AddField(
            model_name='lessonpage',
            name='latest_version',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='content.lessonversion'),
        ),
        migrations.AddField(
            model_name='question',
            name='latest_version',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='content.questionversion'),
        ),
    ]
