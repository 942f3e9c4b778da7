"""The sheet of instructions in the workbook; part of the file, so in Vietnamese for everybody."""

GUIDE_LINES = (
    "CÁCH ĐIỀN DANH SÁCH CÁN BỘ",
    "Mỗi dòng là một nhiệm vụ của một người. Người có nhiệm vụ kiêm nhiệm thì có thêm dòng, "
    "cùng mã cán bộ, cột “Nhiệm vụ chính” ghi “Không”.",
    "Nộp lại tệp trên cổng tập huấn: cổng đọc tệp, cho xem trước từng dòng và chưa thay đổi gì. "
    "Chỉ khi anh/chị bấm áp dụng thì danh sách mới thay đổi, và vẫn hoàn tác được cả tệp.",
    "CÁC CỘT",
    "Mã cán bộ: khóa để nhận ra người đã có, không sửa. Người mới thì để trống, cổng sẽ cấp mã.",
    "Họ và tên: ghi đầy đủ, có dấu, kiểu chữ Unicode. Tên một chữ, tên có dấu ’ hoặc - đều được.",
    "Ngày sinh, Thư điện tử, Điện thoại: không bắt buộc; giúp phân biệt người trùng họ tên.",
    "Đơn vị, Nhóm vị trí: chọn trong danh sách, hoặc ghi mã, hoặc ghi đúng tên.",
    "Chức danh: ví dụ “Công chức Văn hóa - Xã hội”.",
    "Nhiệm vụ chính, Hỗ trợ nạn nhân: “Có” hoặc “Không”. Để trống ở người mới là “Có”.",
    "Từ ngày: ngày bắt đầu nhiệm vụ. Đến ngày: ngày cuối cùng còn làm; để trống là chưa kết thúc.",
    "Nghỉ từ ngày, Nghỉ đến ngày: thời gian nghỉ dài hạn (từ 30 ngày). Không ghi lý do nghỉ.",
    "CÁC VIỆC THƯỜNG GẶP",
    "Thêm người: điền một dòng mới, để trống mã; cần có họ tên, đơn vị, nhóm vị trí, từ ngày.",
    "Chuyển đơn vị hoặc nhóm vị trí: sửa đơn vị hoặc nhóm, và ghi NGÀY CHUYỂN vào cột “Từ ngày”. "
    "Nhiệm vụ cũ tự kết thúc vào hôm trước.",
    "Thôi nhiệm vụ: ghi ngày cuối cùng vào cột “Đến ngày”. Xóa dòng khỏi tệp thì không ảnh hưởng "
    "đến người đó.",
    "Sửa tên, ngày sinh, liên hệ, chức danh: sửa ngay trong ô.",
    "Ô để trống: giữ nguyên điều cổng đang có. Muốn xóa nội dung đang có, ghi một dấu gạch ngang -",
    "QUY ƯỚC",
    "Ngày ghi theo dạng ngày/tháng/năm, ví dụ 05/03/2024 là ngày 5 tháng 3.",
    "Không dùng công thức, không gộp ô, không ẩn dòng hoặc cột, không đặt mật khẩu, không dùng "
    "macro. Giữ nguyên dòng tiêu đề. Mỗi tệp tối đa 20.000 dòng và 10 MB.",
    "Không ghi số căn cước, tình trạng sức khỏe hay thông tin về nạn nhân vào tệp này.",
)
