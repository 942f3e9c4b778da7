"""The words of the documents. They are Vietnamese whatever the reader's language: a report of an
office is, and what is frozen must not change with a catalogue.
"""

from __future__ import annotations

# (term, what it means); frozen with each report, so that a later wording leaves it alone.
DEFINITIONS: tuple[tuple[str, str], ...] = (
    (
        "Cán bộ thuộc chỉ tiêu",
        "Người đang được phân công làm công tác hỗ trợ nạn nhân vào ngày chốt số liệu, thuộc nhóm "
        "vị trí nòng cốt, hoặc thuộc nhóm được cử đích danh trong danh sách đã duyệt của đơn vị. "
        "Mỗi người tính một lần, tại nơi phân công chính.",
    ),
    (
        "Đã được tập huấn",
        "Người thuộc chỉ tiêu đã hoàn thành tất cả các khóa mà nhóm vị trí của mình phải học, và "
        "kết quả còn giá trị vào ngày chốt số liệu.",
    ),
    (
        "Được tập huấn trong năm",
        "Người đã được tập huấn, trong đó ít nhất một khóa bắt buộc được hoàn thành từ ngày 01 "
        "tháng 01 của năm đến ngày chốt số liệu.",
    ),
    (
        "Tỷ lệ",
        "Số người đã được tập huấn chia cho số cán bộ thuộc chỉ tiêu, lấy một chữ số thập phân, bỏ "
        "phần còn lại, không làm tròn lên. Không có người thuộc chỉ tiêu thì ghi dấu “–”.",
    ),
    (
        "Đang học",
        "Người chưa đủ các khóa bắt buộc nhưng đã học ít nhất một bài, làm một lượt kiểm tra, dự "
        "một buổi học hoặc đã có một khóa còn giá trị.",
    ),
    (
        "Cần tập huấn lại",
        "Người từng có một khóa bắt buộc mà nay không còn giá trị.",
    ),
    (
        "Mới nhận nhiệm vụ",
        "Người nhận nhiệm vụ trong số ngày quy định tính đến ngày chốt; vẫn tính vào chỉ tiêu. "
        "Việc sắp xếp đơn vị không làm ai thành người mới.",
    ),
    (
        "Đang nghỉ dài hạn",
        "Người nghỉ từ số ngày quy định trở lên, bao gồm ngày chốt số liệu; không tính vào chỉ "
        "tiêu, kết quả tập huấn được giữ.",
    ),
    (
        "Chưa xếp đơn vị",
        "Người có nhiệm vụ nhưng đơn vị không còn trong cây đơn vị của ngày chốt; vẫn tính vào "
        "tổng số.",
    ),
)
